// SPDX-License-Identifier: MIT
/** A canvas with a stretch of the heap: bytes as pixels, then sizes and outlines over them. */
import { decimal } from '../model/format.ts';
import { cover, type Emphasis, paint } from '../model/raster.ts';
import { blockIndexAt, isFree, type Snapshot } from '../model/snapshot.ts';
import { type Segment, segmentsOf, type Tape } from '../model/tape.ts';
import type { Colours } from './colours.ts';

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

/** Text is written only where it has room, and never more often than this. */
const mostLabels = 400;

export function drawPicture(canvas: HTMLCanvasElement, picture: Picture, colours: Colours): void {
  const { tape, snapshot, emphasis } = picture;
  if (canvas.width !== tape.width || canvas.height !== tape.height) {
    canvas.width = tape.width;
    canvas.height = tape.height;
  }
  const context = canvas.getContext('2d');
  if (context === null || tape.width === 0) {
    return;
  }
  const pixels = paint(cover(snapshot, tape, emphasis), tape, colours.palette);
  context.putImageData(new ImageData(pixels, tape.width, tape.height), 0, 0);
  drawLabels(context, picture, colours);
  drawBeyond(context, picture, colours);
  picture.outlines.forEach((outline) => drawOutline(context, picture, outline));
}

function drawLabels(context: CanvasRenderingContext2D, picture: Picture, colours: Colours): void {
  const { tape, snapshot, scale, fontSize } = picture;
  const { blocks } = snapshot;
  context.font = `${fontSize * scale}px ui-sans-serif, system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  let labels = 0;
  const first = Math.max(blockIndexAt(blocks, Math.max(tape.begin, blocks.address[0] ?? 0)), 0);
  for (let index = first; index < blocks.count && labels < mostLabels; index++) {
    const address = blocks.address[index]!;
    if (address >= tape.end) {
      break;
    }
    // The shortest label, three digits, needs about two heights of its type.
    if (blocks.size[index]! / tape.bytesPerPixel < fontSize * scale * 2) {
      continue;
    }
    labels++;
    context.fillStyle = isFree(snapshot, index) ? colours.onFree : colours.onUsed;
    drawLabel(
      context,
      decimal(blocks.size[index]!),
      widest(segmentsOf(tape, address, blocks.size[index]!)),
      tape,
    );
  }
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
