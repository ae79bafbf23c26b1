// SPDX-License-Identifier: MIT
/** Where a byte lies in a map that runs line by line, like text. */

export interface Tape {
  /** First byte's address, and the address behind the last. */
  readonly begin: number;
  readonly end: number;
  /** Of the drawing, in pixels. */
  readonly width: number;
  readonly lines: number;
  readonly lineHeight: number;
  readonly gap: number;
  readonly height: number;
  readonly bytesPerPixel: number;
}

export interface Cell {
  readonly line: number;
  /** Pixels from the left; a fraction where a pixel is more than a byte. */
  readonly x: number;
}

/** A piece of a block that lies on one line. */
export interface Segment {
  readonly line: number;
  readonly x: number;
  readonly width: number;
}

export interface TapeOptions {
  readonly maxLines: number;
  readonly minBytesPerLine: number;
  readonly lineHeight: number;
  readonly gap: number;
}

/** A tape whose lines hold a power of two of bytes, so that addresses at its edge are round. */
export function tapeFor(begin: number, end: number, width: number, options: TapeOptions): Tape {
  let bytesPerLine = options.minBytesPerLine;
  while (Math.ceil((end - begin) / bytesPerLine) > options.maxLines) {
    bytesPerLine *= 2;
  }
  const lines = Math.max(1, Math.ceil((end - begin) / bytesPerLine));
  const { lineHeight, gap } = options;
  const height = lines * (lineHeight + gap) - gap;
  return { begin, end, width, lines, lineHeight, gap, height, bytesPerPixel: bytesPerLine / width };
}

/** A tape of one line whose pixels are whatever makes it fit. */
export function stripFor(begin: number, end: number, width: number, lineHeight: number): Tape {
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

export function cellOf(tape: Tape, address: number): Cell {
  const pixel = (address - tape.begin) / tape.bytesPerPixel;
  const line = Math.min(Math.floor(pixel / tape.width), tape.lines - 1);
  return { line, x: pixel - line * tape.width };
}

/** The address drawn at a point, or −1 if none is. */
export function addressAt(tape: Tape, x: number, y: number): number {
  const pitch = tape.lineHeight + tape.gap;
  const line = Math.floor(y / pitch);
  if (
    x < 0 ||
    x >= tape.width ||
    line < 0 ||
    line >= tape.lines ||
    y - line * pitch > tape.lineHeight
  ) {
    return -1;
  }
  const address = tape.begin + Math.floor((line * tape.width + x) * tape.bytesPerPixel);
  return address < tape.end ? address : -1;
}

/** The pieces of `size` bytes at `address`, as far as they lie on the tape. */
export function segmentsOf(tape: Tape, address: number, size: number): Segment[] {
  const first = Math.max(address, tape.begin);
  const last = Math.min(address + size, tape.end);
  const segments: Segment[] = [];
  if (first >= last) {
    return segments;
  }
  const begin = cellOf(tape, first);
  let { line, x } = begin;
  let left = (last - first) / tape.bytesPerPixel;
  while (left > 1e-9 && line < tape.lines) {
    const width = Math.min(left, tape.width - x);
    segments.push({ line, x, width });
    left -= width;
    line++;
    x = 0;
  }
  return segments;
}
