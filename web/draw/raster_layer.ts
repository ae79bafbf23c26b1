// SPDX-License-Identifier: MIT
/**
 * Caches the pixels of a canvas's blocks while they are valid. For a large heap it computes new
 * pixels over several frames, while the old ones stay visible.
 */
import { isFree, type Snapshot } from '../model/heap/snapshot.ts';
import type { MapLayout } from './map_layout.ts';
import { Covering, type Emphasis, paint, type Palette } from './raster.ts';

/** Blocks to draw in one frame, which takes some milliseconds. */
const blocksAFrame = 200_000;

/** The maximum number of labels. */
const mostLabels = 400;

/** The input of the pixels. */
export interface LayerInput {
  readonly snapshot: Snapshot;
  readonly mapLayout: MapLayout;
  readonly emphasis: Emphasis;
  readonly palette: Palette;
  /** The smallest block with room for a label. */
  readonly labelFrom: number;
}

export interface Label {
  readonly address: number;
  readonly size: number;
  readonly free: boolean;
}

export interface Pixels {
  readonly image: ImageData;
  readonly labels: readonly Label[];
}

interface PendingRaster {
  readonly input: LayerInput;
  readonly covering: Covering;
}

function sameLayout(left: MapLayout, right: MapLayout): boolean {
  return (
    left.begin === right.begin &&
    left.end === right.end &&
    left.width === right.width &&
    left.height === right.height &&
    left.bytesPerPixel === right.bytesPerPixel
  );
}

function sameTouched(left: ReadonlySet<number>, right: ReadonlySet<number>): boolean {
  return left.size === right.size && [...left].every((address) => right.has(address));
}

function sameInput(left: LayerInput, right: LayerInput): boolean {
  return (
    left.snapshot.blocks === right.snapshot.blocks &&
    left.snapshot.end === right.snapshot.end &&
    left.palette === right.palette &&
    sameLayout(left.mapLayout, right.mapLayout) &&
    sameTouched(left.emphasis.touched, right.emphasis.touched)
  );
}

export class RasterLayer {
  #made: { readonly input: LayerInput; readonly pixels: Pixels } | null = null;
  #work: PendingRaster | null = null;
  #isPending = false;

  /** Whether the last result was older than its input: call take() again in the next frame. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Returns the pixels for an input, or the latest pixels while those are computed. */
  take(input: LayerInput): Pixels {
    const made = this.#made;
    if (made !== null && sameInput(made.input, input)) {
      this.#work = null;
      this.#isPending = false;
      return made.pixels;
    }
    // Pixels of another range or width cannot stand in.
    if (made === null || !sameLayout(made.input.mapLayout, input.mapLayout)) {
      this.#work = null;
      return this.#finish(begin(input), input);
    }
    this.#work ??= begin(input);
    if (this.#work.covering.left > blocksAFrame) {
      this.#work.covering.advance(blocksAFrame);
      this.#isPending = true;
      return made.pixels;
    }
    return this.#finish(this.#work, input);
  }

  #finish(work: PendingRaster, input: LayerInput): Pixels {
    const { covering } = work;
    covering.advance(Infinity);
    const { snapshot, mapLayout, palette } = work.input;
    const data = paint(covering.finish(), mapLayout, palette);
    const image = new ImageData(data, mapLayout.width, mapLayout.height);
    const labels = covering.large.slice(0, mostLabels).map((index) => ({
      address: snapshot.blocks.address[index]!,
      size: snapshot.blocks.size[index]!,
      free: isFree(snapshot, index),
    }));
    const pixels = { image, labels };
    this.#made = { input: work.input, pixels };
    this.#work = null;
    this.#isPending = !sameInput(work.input, input);
    return pixels;
  }
}

function begin(input: LayerInput): PendingRaster {
  const { snapshot, mapLayout, emphasis, labelFrom } = input;
  return { input, covering: new Covering(snapshot, mapLayout, emphasis, labelFrom) };
}
