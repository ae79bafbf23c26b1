// SPDX-License-Identifier: MIT
/**
 * The layout of a map of memory that runs line by line, like text: converts addresses to pixels.
 */

export interface MapLayout {
  /** The address of the first byte, and the address behind the last. */
  readonly begin: number;
  readonly end: number;
  /** The size of the drawing in pixels. */
  readonly width: number;
  readonly lines: number;
  readonly lineHeight: number;
  readonly gap: number;
  readonly height: number;
  readonly bytesPerPixel: number;
}

export interface Cell {
  readonly line: number;
  /** Pixels from the left, with a fraction if a pixel is more than a byte. */
  readonly x: number;
}

/** A piece of a block on one line. */
export interface Segment {
  readonly line: number;
  readonly x: number;
  readonly width: number;
}

export interface MapLayoutOptions {
  readonly maxLines: number;
  readonly minBytesPerLine: number;
  readonly lineHeight: number;
  readonly gap: number;
}

/**
 * Returns a layout whose lines hold a power of two of bytes, so that the addresses at its edge are
 * round.
 */
export function mapLayoutFor(
  begin: number,
  end: number,
  width: number,
  options: MapLayoutOptions,
): MapLayout {
  let bytesPerLine = options.minBytesPerLine;
  while (Math.ceil((end - begin) / bytesPerLine) > options.maxLines) {
    bytesPerLine *= 2;
  }
  const lines = Math.max(1, Math.ceil((end - begin) / bytesPerLine));
  const { lineHeight, gap } = options;
  const height = lines * (lineHeight + gap) - gap;
  return { begin, end, width, lines, lineHeight, gap, height, bytesPerPixel: bytesPerLine / width };
}

/** Returns a layout of one line that fits the width exactly. */
export function stripLayoutFor(
  begin: number,
  end: number,
  width: number,
  lineHeight: number,
): MapLayout {
  return {
    begin,
    end,
    width,
    lines: 1,
    lineHeight,
    gap: 0,
    height: lineHeight,
    bytesPerPixel: (end - begin) / width,
  };
}

export function cellOf(mapLayout: MapLayout, address: number): Cell {
  const pixel = (address - mapLayout.begin) / mapLayout.bytesPerPixel;
  const line = Math.min(Math.floor(pixel / mapLayout.width), mapLayout.lines - 1);
  return { line, x: pixel - line * mapLayout.width };
}

/** Returns the address drawn at a point, or −1. */
export function addressAt(mapLayout: MapLayout, x: number, y: number): number {
  const pitch = mapLayout.lineHeight + mapLayout.gap;
  const line = Math.floor(y / pitch);
  if (
    x < 0 ||
    x >= mapLayout.width ||
    line < 0 ||
    line >= mapLayout.lines ||
    y - line * pitch > mapLayout.lineHeight
  ) {
    return -1;
  }
  const address =
    mapLayout.begin + Math.floor((line * mapLayout.width + x) * mapLayout.bytesPerPixel);
  return address < mapLayout.end ? address : -1;
}

/** Returns the pieces of `size` bytes at `address` inside the map. */
export function segmentsOf(mapLayout: MapLayout, address: number, size: number): Segment[] {
  const first = Math.max(address, mapLayout.begin);
  const last = Math.min(address + size, mapLayout.end);
  const segments: Segment[] = [];
  if (first >= last) {
    return segments;
  }
  const begin = cellOf(mapLayout, first);
  let { line, x } = begin;
  let left = (last - first) / mapLayout.bytesPerPixel;
  while (left > 1e-9 && line < mapLayout.lines) {
    const width = Math.min(left, mapLayout.width - x);
    segments.push({ line, x, width });
    left -= width;
    line++;
    x = 0;
  }
  return segments;
}
