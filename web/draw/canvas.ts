// SPDX-License-Identifier: MIT
/** A canvas with a stretch of the heap: bytes as pixels, then sizes and outlines over them. */
import { decimal } from '../model/format.ts';
import { blockIndexAt, type Snapshot } from '../model/heap/snapshot.ts';
import type { Colours } from './colours.ts';
import { type Segment, segmentsOf, type Tape } from './map_layout.ts';
import type { Emphasis } from './raster.ts';
import type { Label, Layer } from './raster_layer.ts';

export interface Outline {
  readonly address: number;
  readonly colour: string;
  /** In CSS pixels. */
  readonly width: number;
}

export interface Picture {
  readonly snapshot: Snapshot;
  /** In device pixels. */
  readonly tape: Tape;
  readonly emphasis: Emphasis;
  readonly outlines: readonly Outline[];
  /** Device pixels for a CSS pixel. */
  readonly scale: number;
  /** Of the sizes that are written into blocks, in CSS pixels. */
  readonly fontSize: number;
}

/** `layer`: the canvas's own, which keeps the pixels of its blocks. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: Picture,
  colours: Colours,
  layer: Layer,
): void {
  const { tape, fontSize, scale } = picture;
  if (canvas.width !== tape.width || canvas.height !== tape.height) {
    canvas.width = tape.width;
    canvas.height = tape.height;
  }
  const context = canvas.getContext('2d');
  if (context === null || tape.width === 0) {
    return;
  }
  // The shortest label, three digits, needs about two heights of its type.
  const labelFrom = fontSize * scale * 2 * tape.bytesPerPixel;
  const { image, labels } = layer.take({ ...picture, palette: colours.palette, labelFrom });
  context.putImageData(image, 0, 0);
  drawLabels(context, picture, labels, colours);
  drawBeyond(context, picture, colours);
  picture.outlines.forEach((outline) => drawOutline(context, picture, outline));
}

function drawLabels(
  context: CanvasRenderingContext2D,
  { tape, scale, fontSize }: Picture,
  labels: readonly Label[],
  colours: Colours,
): void {
  context.font = `${fontSize * scale}px ui-sans-serif, system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  labels.forEach(({ address, size, free }) => {
    context.fillStyle = free ? colours.onFree : colours.onUsed;
    drawLabel(context, decimal(size), widest(segmentsOf(tape, address, size)), tape);
  });
}

/** What lies behind the heap's end is not the heap's, or not yet. */
function drawBeyond(context: CanvasRenderingContext2D, picture: Picture, colours: Colours): void {
  const { tape, snapshot, scale } = picture;
  const beyond = widest(segmentsOf(tape, snapshot.end, tape.end - snapshot.end));
  context.fillStyle = colours.quiet;
  drawLabel(
    context,
    'the heap may grow to here',
    { ...beyond, width: Math.min(beyond.width, 180 * scale) },
    tape,
  );
}

function widest(segments: readonly Segment[]): Segment {
  return segments.reduce((best, each) => (each.width > best.width ? each : best), {
    line: 0,
    x: 0,
    width: 0,
  });
}

function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  segment: Segment,
  tape: Tape,
): void {
  if (context.measureText(text).width + 8 <= segment.width) {
    const middle = segment.line * (tape.lineHeight + tape.gap) + tape.lineHeight / 2;
    context.fillText(text, segment.x + segment.width / 2, middle + 1);
  }
}

function drawOutline(context: CanvasRenderingContext2D, picture: Picture, outline: Outline): void {
  const { tape, snapshot, scale } = picture;
  const index = blockIndexAt(snapshot.blocks, outline.address);
  if (index < 0) {
    return;
  }
  const width = outline.width * scale;
  context.fillStyle = outline.colour;
  const segments = segmentsOf(tape, outline.address, snapshot.blocks.size[index]!);
  segments.forEach(({ line, x, width: length }, at) => {
    const y = line * (tape.lineHeight + tape.gap);
    // A block that goes on in the next line stays open at the edge.
    context.fillRect(x, y, length, width);
    context.fillRect(x, y + tape.lineHeight - width, length, width);
    if (at === 0) {
      context.fillRect(x, y, width, tape.lineHeight);
    }
    if (at === segments.length - 1) {
      context.fillRect(x + Math.max(length - width, 0), y, width, tape.lineHeight);
    }
  });
}
