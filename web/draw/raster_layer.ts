// SPDX-License-Identifier: MIT
/**
 * A canvas's blocks as pixels: kept for as long as they are right, and, for a large heap, worked
 * out over several frames, during which those before stay.
 */
import { isFree, type Snapshot } from '../model/heap/snapshot.ts';
import type { Tape } from './map_layout.ts';
import { Covering, type Emphasis, paint, type Palette } from './raster.ts';

/** Blocks that one frame draws: some milliseconds. */
const blocksAFrame = 200_000;

/** Text is written only where it has room, and never more often than this. */
const mostLabels = 400;

/** What pixels are made from. */
export interface Wish {
  readonly snapshot: Snapshot;
  readonly tape: Tape;
  readonly emphasis: Emphasis;
  readonly palette: Palette;
  /** Bytes from which on a block has room for its size. */
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

interface Work {
  readonly wish: Wish;
  readonly covering: Covering;
}

function sameTape(left: Tape, right: Tape): boolean {
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

function sameWish(left: Wish, right: Wish): boolean {
  return (
    left.snapshot.blocks === right.snapshot.blocks &&
    left.snapshot.end === right.snapshot.end &&
    left.palette === right.palette &&
    sameTape(left.tape, right.tape) &&
    sameTouched(left.emphasis.touched, right.emphasis.touched)
  );
}

export class Layer {
  #made: { readonly wish: Wish; readonly pixels: Pixels } | null = null;
  #work: Work | null = null;
  #isPending = false;

  /** Whether what was given last is older than what was wished for: ask again in the next frame. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** The pixels wished for, or the latest there are while those are worked out. */
  take(wish: Wish): Pixels {
    const made = this.#made;
    if (made !== null && sameWish(made.wish, wish)) {
      this.#work = null;
      this.#isPending = false;
      return made.pixels;
    }
    // What was drawn for another place or width is no picture of this one.
    if (made === null || !sameTape(made.wish.tape, wish.tape)) {
      this.#work = null;
      return this.#finish(begin(wish), wish);
    }
    this.#work ??= begin(wish);
    if (this.#work.covering.left > blocksAFrame) {
      this.#work.covering.advance(blocksAFrame);
      this.#isPending = true;
      return made.pixels;
    }
    return this.#finish(this.#work, wish);
  }

  #finish(work: Work, wish: Wish): Pixels {
    const { covering } = work;
    covering.advance(Infinity);
    const { snapshot, tape, palette } = work.wish;
    const data = paint(covering.finish(), tape, palette);
    const image = new ImageData(data, tape.width, tape.height);
    const labels = covering.large.slice(0, mostLabels).map((index) => ({
      address: snapshot.blocks.address[index]!,
      size: snapshot.blocks.size[index]!,
      free: isFree(snapshot, index),
    }));
    const pixels = { image, labels };
    this.#made = { wish: work.wish, pixels };
    this.#work = null;
    this.#isPending = !sameWish(work.wish, wish);
    return pixels;
  }
}

function begin(wish: Wish): Work {
  const { snapshot, tape, emphasis, labelFrom } = wish;
  return { wish, covering: new Covering(snapshot, tape, emphasis, labelFrom) };
}
