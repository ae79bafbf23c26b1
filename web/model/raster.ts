// SPDX-License-Identifier: MIT
/**
 * Blocks to pixels without rounding: each pixel knows which share of its bytes is of which kind, so
 * that a block of 16 bytes never looks like one of 64, at any zoom.
 */
import { isFree, type Snapshot } from './snapshot.ts';
import type { Tape } from './tape.ts';

/** What a byte can be. The order is that of `Coverage.shares`. */
export const kinds = [
  'outside',
  'control',
  'header',
  'free',
  'used',
  'slack',
  'touchedFree',
  'touchedUsed',
] as const;
export type Kind = (typeof kinds)[number];
const position = Object.fromEntries(kinds.map((kind, index) => [kind, index])) as Record<
  Kind,
  number
>;

export interface Coverage {
  /** Per pixel and kind the share of the pixel's bytes, each from 0 to 1. */
  readonly shares: Float32Array;
  readonly pixels: number;
}

export interface Emphasis {
  /** Header addresses of the blocks that the current step is about. */
  readonly touched: ReadonlySet<number>;
  /** Bytes that the program asked for, by header address; negative where nobody knows. */
  readonly requested: (header: number) => number;
}

export type Colour = readonly [red: number, green: number, blue: number];
export type Palette = Readonly<Record<Kind | 'edge', Colour>>;

class Painter {
  readonly shares: Float32Array;
  readonly #tape: Tape;
  readonly #pixels: number;

  constructor(tape: Tape) {
    this.#tape = tape;
    this.#pixels = tape.width * tape.lines;
    this.shares = new Float32Array(this.#pixels * kinds.length);
  }

  /** Adds the bytes from `begin` to before `end`, split exactly at pixel borders. */
  add(kind: Kind, begin: number, end: number): void {
    const tape = this.#tape;
    const from = (Math.max(begin, tape.begin) - tape.begin) / tape.bytesPerPixel;
    const to = (Math.min(end, tape.end) - tape.begin) / tape.bytesPerPixel;
    const offset = position[kind];
    for (let pixel = Math.floor(from); pixel < to && pixel < this.#pixels; pixel++) {
      const share = Math.min(to, pixel + 1) - Math.max(from, pixel);
      this.shares[pixel * kinds.length + offset]! += share;
    }
  }
}

function addBlock(painter: Painter, snapshot: Snapshot, index: number, emphasis: Emphasis): void {
  const address = snapshot.blocks.address[index]!;
  const end = address + snapshot.blocks.size[index]!;
  const payload = address + snapshot.layout.blockPayload;
  const touched = emphasis.touched.has(address);
  painter.add('header', address, payload);
  if (isFree(snapshot, index)) {
    painter.add(touched ? 'touchedFree' : 'free', payload, end);
    return;
  }
  const known = emphasis.requested(address);
  const requested = known < 0 ? end - payload : Math.min(known, end - payload);
  painter.add(touched ? 'touchedUsed' : 'used', payload, payload + requested);
  painter.add('slack', payload + requested, end);
}

/** Which share of each pixel is what. Everything in the heap that is no block is its control. */
export function cover(snapshot: Snapshot, tape: Tape, emphasis: Emphasis): Coverage {
  const painter = new Painter(tape);
  let done = snapshot.begin;
  for (let index = 0; index < snapshot.blocks.count; index++) {
    const address = snapshot.blocks.address[index]!;
    painter.add('control', done, address);
    addBlock(painter, snapshot, index, emphasis);
    done = address + snapshot.blocks.size[index]!;
  }
  painter.add('control', done, snapshot.end);
  const pixels = tape.width * tape.lines;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = pixel * kinds.length;
    let sum = 0;
    for (let kind = 0; kind < kinds.length; kind++) {
      sum += painter.shares[first + kind]!;
    }
    painter.shares[first] = Math.max(0, 1 - sum);
  }
  return { shares: painter.shares, pixels };
}

/** How many bytes of a kind a coverage shows. */
export function coveredBytes(coverage: Coverage, tape: Tape, kind: Kind): number {
  let sum = 0;
  for (let pixel = 0; pixel < coverage.pixels; pixel++) {
    sum += coverage.shares[pixel * kinds.length + position[kind]]!;
  }
  return sum * tape.bytesPerPixel;
}

/** Mixes the colours of one pixel into `into`; says whether free bytes are most of it. */
function mix(coverage: Coverage, pixel: number, palette: Palette, into: Float32Array): boolean {
  into.fill(0);
  const first = pixel * kinds.length;
  for (let kind = 0; kind < kinds.length; kind++) {
    const share = coverage.shares[first + kind]!;
    if (share > 0) {
      const [red, green, blue] = palette[kinds[kind]!];
      into[0]! += share * red;
      into[1]! += share * green;
      into[2]! += share * blue;
    }
  }
  return (
    coverage.shares[first + position.free]! + coverage.shares[first + position.touchedFree]! > 0.5
  );
}

/**
 * Paints a coverage as RGBA. Free bytes get a line above and below in the palette's edge colour:
 * free space differs too little from the page by its fill alone.
 */
export function paint(
  coverage: Coverage,
  tape: Tape,
  palette: Palette,
): Uint8ClampedArray<ArrayBuffer> {
  const { width, lines, lineHeight, gap, height } = tape;
  const data = new Uint8ClampedArray(width * height * 4);
  const words = new Uint32Array(data.buffer);
  words.fill(packed(palette.outside));
  const edge = packed(palette.edge);
  const colour = new Float32Array(3);
  for (let line = 0; line < lines; line++) {
    const top = line * (lineHeight + gap) * width;
    const inside = words.subarray(top, top + width);
    const bottom = top + (lineHeight - 1) * width;
    const freeAt: number[] = [];
    for (let x = 0; x < width; x++) {
      if (mix(coverage, line * width + x, palette, colour)) {
        freeAt.push(x);
      }
      inside[x] = packed([colour[0]!, colour[1]!, colour[2]!]);
    }
    for (let y = 1; y < lineHeight; y++) {
      words.set(inside, top + y * width);
    }
    for (const x of freeAt) {
      words[top + x] = edge;
      words[bottom + x] = edge;
    }
  }
  return data;
}

/** As ImageData wants it: red in the lowest byte. */
function packed([red, green, blue]: Colour): number {
  return (0xff000000 | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}
