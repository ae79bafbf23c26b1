// SPDX-License-Identifier: MIT
/** Draws a range of the heap on a canvas: bytes as pixels, then sizes and outlines over them. */
import { decimal } from '../model/format.ts';
import { blockIndexAt, type Snapshot } from '../model/heap/snapshot.ts';
import type { Colours } from './colours.ts';
import { type Segment, segmentsOf, type MapLayout } from './map_layout.ts';
import type { Emphasis } from './raster.ts';
import type { Label, RasterLayer } from './raster_layer.ts';

export interface Outline {
  readonly address: number;
  readonly colour: string;
  /** In CSS pixels. */
  readonly width: number;
}

export interface Picture {
  readonly snapshot: Snapshot;
  /** In device pixels. */
  readonly mapLayout: MapLayout;
  readonly emphasis: Emphasis;
  readonly outlines: readonly Outline[];
  /** Device pixels in a CSS pixel. */
  readonly scale: number;
  /** The font size of the labels in blocks, in CSS pixels. */
  readonly fontSize: number;
}

/** Draws a picture. `layer` is the canvas's own and caches the pixels of its blocks. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: Picture,
  colours: Colours,
  layer: RasterLayer,
): void {
  const { mapLayout, fontSize, scale } = picture;
  if (canvas.width !== mapLayout.width || canvas.height !== mapLayout.height) {
    canvas.width = mapLayout.width;
    canvas.height = mapLayout.height;
  }
  const context = canvas.getContext('2d');
  if (context === null || mapLayout.width === 0) {
    return;
  }
  // The shortest label, three digits, is about twice as wide as its font is high.
  const labelFrom = fontSize * scale * 2 * mapLayout.bytesPerPixel;
  const { image, labels } = layer.take({ ...picture, palette: colours.palette, labelFrom });
  context.putImageData(image, 0, 0);
  drawLabels(context, picture, labels, colours);
  drawBeyond(context, picture, colours);
  picture.outlines.forEach((outline) => drawOutline(context, picture, outline));
}

function drawLabels(
  context: CanvasRenderingContext2D,
  { mapLayout, scale, fontSize }: Picture,
  labels: readonly Label[],
  colours: Colours,
): void {
  context.font = `${fontSize * scale}px ui-sans-serif, system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  labels.forEach(({ address, size, free }) => {
    context.fillStyle = free ? colours.onFree : colours.onUsed;
    drawLabel(context, decimal(size), widest(segmentsOf(mapLayout, address, size)), mapLayout);
  });
}

/** Labels the space behind the heap's end, into which the heap may grow. */
function drawBeyond(context: CanvasRenderingContext2D, picture: Picture, colours: Colours): void {
  const { mapLayout, snapshot, scale } = picture;
  const beyond = widest(segmentsOf(mapLayout, snapshot.end, mapLayout.end - snapshot.end));
  context.fillStyle = colours.quiet;
  drawLabel(
    context,
    'the heap may grow to here',
    { ...beyond, width: Math.min(beyond.width, 180 * scale) },
    mapLayout,
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
  mapLayout: MapLayout,
): void {
  if (context.measureText(text).width + 8 <= segment.width) {
    const middle = segment.line * (mapLayout.lineHeight + mapLayout.gap) + mapLayout.lineHeight / 2;
    context.fillText(text, segment.x + segment.width / 2, middle + 1);
  }
}

function drawOutline(context: CanvasRenderingContext2D, picture: Picture, outline: Outline): void {
  const { mapLayout, snapshot, scale } = picture;
  const index = blockIndexAt(snapshot.blocks, outline.address);
  if (index < 0) {
    return;
  }
  const width = outline.width * scale;
  context.fillStyle = outline.colour;
  const segments = segmentsOf(mapLayout, outline.address, snapshot.blocks.size[index]!);
  segments.forEach(({ line, x, width: length }, at) => {
    const y = line * (mapLayout.lineHeight + mapLayout.gap);
    // A block that continues in the next line has no border at the edge.
    context.fillRect(x, y, length, width);
    context.fillRect(x, y + mapLayout.lineHeight - width, length, width);
    if (at === 0) {
      context.fillRect(x, y, width, mapLayout.lineHeight);
    }
    if (at === segments.length - 1) {
      context.fillRect(x + Math.max(length - width, 0), y, width, mapLayout.lineHeight);
    }
  });
}
