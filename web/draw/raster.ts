// SPDX-License-Identifier: MIT
/**
 * Converts blocks to pixels without rounding: each pixel has the shares of its bytes by kind, so
 * that a block of 16 bytes never looks like one of 64, at any zoom.
 */
import { isFree, type Snapshot } from '../model/heap/snapshot.ts';
import type { MapLayout } from './map_layout.ts';

/** The kinds of bytes, in the order of `Coverage.shares`. */
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
  /** For each pixel and kind the share of the pixel's bytes, from 0 to 1. */
  readonly shares: Float32Array;
  readonly pixels: number;
}

export interface Emphasis {
  /** Header addresses of the blocks that the current step concerns. */
  readonly touched: ReadonlySet<number>;
  /** Returns the requested size of a block by its header address; negative if unknown. */
  readonly requested: (header: number) => number;
}

export type Colour = readonly [red: number, green: number, blue: number];
export type Palette = Readonly<Record<Kind | 'edge', Colour>>;

/** With more blocks, requested sizes are not looked up: blocks count as used whole. */
const mostAsked = 20_000;

class Painter {
  readonly shares: Float32Array;
  readonly #mapLayout: MapLayout;
  readonly #pixels: number;
  readonly #pixelsPerByte: number;

  constructor(mapLayout: MapLayout) {
    this.#mapLayout = mapLayout;
    this.#pixels = mapLayout.width * mapLayout.lines;
    this.#pixelsPerByte = 1 / mapLayout.bytesPerPixel;
    this.shares = new Float32Array(this.#pixels * kinds.length);
  }

  /** Adds the bytes from `begin` to before `end`, divided exactly at pixel borders. */
  add(kind: number, begin: number, end: number): void {
    const mapLayout = this.#mapLayout;
    const from = (Math.max(begin, mapLayout.begin) - mapLayout.begin) * this.#pixelsPerByte;
    const to = (Math.min(end, mapLayout.end) - mapLayout.begin) * this.#pixelsPerByte;
    for (let pixel = Math.floor(from); pixel < to && pixel < this.#pixels; pixel++) {
      const share = Math.min(to, pixel + 1) - Math.max(from, pixel);
      this.shares[pixel * kinds.length + kind]! += share;
    }
  }

  /**
   * Adds a header and its payload if both lie in one pixel, as for most blocks of a large heap.
   * Otherwise adds nothing and returns false.
   */
  addTiny(kind: number, begin: number, payload: number, end: number): boolean {
    const scale = this.#pixelsPerByte;
    const from = (begin - this.#mapLayout.begin) * scale;
    const pixel = Math.trunc(from);
    if (from < 0 || from + (end - begin) * scale > pixel + 1 || pixel >= this.#pixels) {
      return false;
    }
    const first = pixel * kinds.length;
    this.shares[first + position.header]! += (payload - begin) * scale;
    this.shares[first + kind]! += (end - payload) * scale;
    return true;
  }
}

/** Adds a block that is emphasised, or whose requested size is known. */
function addBlock(
  painter: Painter,
  snapshot: Snapshot,
  index: number,
  emphasis: Emphasis,
  mayAsk: boolean,
): void {
  const address = snapshot.blocks.address[index]!;
  const end = address + snapshot.blocks.size[index]!;
  const payload = address + snapshot.layout.blockPayload;
  const touched = emphasis.touched.has(address);
  painter.add(position.header, address, payload);
  if (isFree(snapshot, index)) {
    painter.add(touched ? position.touchedFree : position.free, payload, end);
    return;
  }
  const known = mayAsk ? emphasis.requested(address) : -1;
  const requested = known < 0 ? end - payload : Math.min(known, end - payload);
  painter.add(touched ? position.touchedUsed : position.used, payload, payload + requested);
  painter.add(position.slack, payload + requested, end);
}

/** Returns the index of the first block that ends behind `address`. */
function firstBehind({ count, address, size }: Snapshot['blocks'], wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (address[middle]! + size[middle]! <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * Computes the coverage of each pixel in any number of steps. All bytes of the heap outside blocks
 * count as control. Only blocks in the map are examined.
 */
export class Covering {
  readonly #painter: Painter;
  readonly #snapshot: Snapshot;
  readonly #mapLayout: MapLayout;
  readonly #emphasis: Emphasis;
  readonly #largeFrom: number;
  readonly #last: number;
  readonly #mayAsk: boolean;
  /** A lookup in a set costs more than drawing a block; most blocks lie outside this range. */
  readonly #firstTouched: number;
  readonly #lastTouched: number;
  #index: number;
  #done: number;
  /** Indexes of the blocks of at least `largeFrom` bytes. */
  readonly large: number[] = [];

  constructor(snapshot: Snapshot, mapLayout: MapLayout, emphasis: Emphasis, largeFrom = Infinity) {
    this.#painter = new Painter(mapLayout);
    this.#snapshot = snapshot;
    this.#mapLayout = mapLayout;
    this.#emphasis = emphasis;
    this.#largeFrom = largeFrom;
    this.#firstTouched = Math.min(...emphasis.touched);
    this.#lastTouched = Math.max(...emphasis.touched);
    const { blocks, begin } = snapshot;
    this.#index = firstBehind(blocks, mapLayout.begin);
    const before = this.#index - 1;
    this.#done = before < 0 ? begin : blocks.address[before]! + blocks.size[before]!;
    // The last block may extend beyond the map.
    this.#last = Math.min(firstBehind(blocks, mapLayout.end) + 1, blocks.count);
    this.#mayAsk = this.#last - this.#index <= mostAsked;
  }

  /** The number of blocks not yet examined. */
  get left(): number {
    return this.#last - this.#index;
  }

  /** Examines up to `most` more blocks. */
  advance(most: number): void {
    const { address, size, header } = this.#snapshot.blocks;
    const { blockPayload, headerFree } = this.#snapshot.layout;
    const painter = this.#painter;
    const stop = Math.min(this.#index + most, this.#last);
    let done = this.#done;
    for (let index = this.#index; index < stop; index++) {
      const begin = address[index]!;
      if (begin > done) {
        painter.add(position.control, done, begin);
      }
      done = begin + size[index]!;
      if (size[index]! >= this.#largeFrom) {
        this.large.push(index);
      }
      const free = (header[index]! & headerFree) !== 0;
      const touched = begin >= this.#firstTouched && begin <= this.#lastTouched;
      const kind = free ? position.free : position.used;
      const special = touched || (this.#mayAsk && !free);
      if (special || !painter.addTiny(kind, begin, begin + blockPayload, done)) {
        addBlock(painter, this.#snapshot, index, this.#emphasis, this.#mayAsk);
      }
    }
    this.#index = stop;
    this.#done = done;
  }

  /** Returns the coverage after all blocks are examined. */
  finish(): Coverage {
    const { blocks, end } = this.#snapshot;
    const behind = this.#index < blocks.count ? blocks.address[this.#index]! : end;
    this.#painter.add(position.control, this.#done, behind);
    const { width, lines } = this.#mapLayout;
    return { shares: addOutside(this.#painter.shares), pixels: width * lines };
  }
}

/** Computes the coverage of each pixel at once. */
export function cover(snapshot: Snapshot, mapLayout: MapLayout, emphasis: Emphasis): Coverage {
  const covering = new Covering(snapshot, mapLayout, emphasis);
  covering.advance(Infinity);
  return covering.finish();
}

/** Counts uncovered bytes as outside the heap. */
function addOutside(shares: Float32Array): Float32Array {
  for (let first = 0; first < shares.length; first += kinds.length) {
    let sum = 0;
    for (let kind = 0; kind < kinds.length; kind++) {
      sum += shares[first + kind]!;
    }
    shares[first] = Math.max(0, 1 - sum);
  }
  return shares;
}

/** Returns how many bytes of a kind a coverage contains. */
export function coveredBytes(coverage: Coverage, mapLayout: MapLayout, kind: Kind): number {
  let sum = 0;
  for (let pixel = 0; pixel < coverage.pixels; pixel++) {
    sum += coverage.shares[pixel * kinds.length + position[kind]]!;
  }
  return sum * mapLayout.bytesPerPixel;
}

/** Mixes the colours of one pixel into `into`. Returns whether most of its bytes are free. */
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
 * Paints a coverage as RGBA. Free bytes get a line above and below in the palette's edge colour,
 * since the fill of free space differs too little from the page.
 */
export function paint(
  coverage: Coverage,
  mapLayout: MapLayout,
  palette: Palette,
): Uint8ClampedArray<ArrayBuffer> {
  const { width, lines, lineHeight, gap, height } = mapLayout;
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

/** Packs a colour for ImageData, with red in the lowest byte. */
function packed([red, green, blue]: Colour): number {
  return (0xff000000 | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}
