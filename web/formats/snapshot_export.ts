// SPDX-License-Identifier: MIT
/** Exports a heap as a vector picture, as JSON, or as text for a bug report. */
import { segmentsOf, type MapLayout } from '../draw/map_layout.ts';
import type { Colour, Kind, Palette } from '../draw/raster.ts';
import { bytes, counted, decimal, hex } from '../model/format.ts';
import { isFree, type Snapshot } from '../model/heap/snapshot.ts';

/** The context of a heap in a run. */
export interface SnapshotContext {
  /** The last call, as in a program, or ''. */
  readonly call: string;
  readonly sentence: string;
  /** `call 37 of 500`, or '' for a live heap. */
  readonly where: string;
  readonly title: string;
  /** Returns the requested size of a block by its header; undefined if unknown. */
  requested(header: number): number | undefined;
}

const version = 1;

// -------------------------------------------------------------------------------------------- JSON

/**
 * Returns the requested size of a used block. In the middle of a call, a free block may already
 * have an owner.
 */
function requestedAt(
  snapshot: Snapshot,
  index: number,
  context: SnapshotContext,
): number | undefined {
  return isFree(snapshot, index) ? undefined : context.requested(snapshot.blocks.address[index]!);
}

/** Returns a snapshot as JSON, for other programs. Addresses and sizes are numbers. */
export function snapshotJson(snapshot: Snapshot, context: SnapshotContext): string {
  const { blocks, layout, rows, columns, policy, pools, statistics, problems } = snapshot;
  const list = Array.from({ length: blocks.count }, (_, index) => {
    const address = blocks.address[index]!;
    const requested = requestedAt(snapshot, index, context);
    return {
      address,
      size: blocks.size[index]!,
      free: isFree(snapshot, index),
      ...(requested === undefined ? {} : { requested }),
    };
  });
  const lists = Array.from(snapshot.heads, (_, index) => index)
    .filter((index) => snapshot.heads[index] !== 0)
    .map((index) => ({
      row: Math.floor(index / columns),
      column: index % columns,
      blocks: snapshot.list(index),
    }));
  const { call, where, title } = context;
  const heap = { rows, columns, policy, begin: snapshot.begin, end: snapshot.end, pools };
  const whole = { format: 'segfit-snapshot', version, title, where, call, layout, heap };
  return `${JSON.stringify({ ...whole, statistics, problems, lists, blocks: list }, null, 1)}\n`;
}

// -------------------------------------------------------------------------------------------- text

/** The maximum number of blocks in the text; of larger heaps, those around the selected block. */
const mostLines = 60;

/** Returns a heap as text, for a bug report. `around` is the header of a block to include, or 0. */
export function snapshotText(snapshot: Snapshot, context: SnapshotContext, around = 0): string {
  const { blocks, statistics, rows, columns, problems } = snapshot;
  const { capacity, used, failures, freeBlocks } = statistics;
  const at = blocks.address.indexOf(around);
  const first = Math.max(0, Math.min(at - mostLines / 2, blocks.count - mostLines));
  const last = Math.min(blocks.count, first + mostLines);
  const shown = Array.from({ length: last - first }, (_, offset) =>
    blockLine(snapshot, context, first + offset),
  );
  const lines = [
    `segfit heap${context.title === '' ? '' : ` of ${context.title}`}`,
    ...[context.where, `${context.call} ${context.sentence}`.trim()].filter(Boolean),
    `${bytes(capacity)}: ${decimal(used)} used, ${decimal(capacity - used)} free in ` +
      `${counted(freeBlocks, 'block')}; ${counted(failures, 'request')} failed, or succeeded ` +
      'after it grew',
    `${rows} rows of ${columns} classes, alignment ${snapshot.layout.align}`,
    ...problems.map((problem) => `cannot be read: ${problem}`),
    '',
    ...omitted(first, 'before'),
    ...shown,
    ...omitted(blocks.count - last, 'behind'),
    '',
    ...listLines(snapshot),
  ];
  return `${lines.join('\n')}\n`;
}

function omitted(count: number, where: string): string[] {
  return count > 0 ? [`  … ${counted(count, 'block')} ${where}`] : [];
}

function blockLine(snapshot: Snapshot, context: SnapshotContext, index: number): string {
  const { address, size } = snapshot.blocks;
  const header = address[index]!;
  const state = isFree(snapshot, index) ? 'free' : 'used';
  const requested = requestedAt(snapshot, index, context);
  const asked = requested === undefined ? '' : `, requested ${decimal(requested)}`;
  return `  ${hex(header, 8)} ${state} ${decimal(size[index]!).padStart(11)}${asked}`;
}

function listLines({ heads, columns, list }: Snapshot): string[] {
  return Array.from(heads, (_, index) => index)
    .filter((index) => heads[index] !== 0)
    .map((index) => {
      const blocks = list(index, 9).map((address) => hex(address, 8));
      const more = blocks.length > 8 ? ['…'] : [];
      const name = `row ${Math.floor(index / columns)} column ${index % columns}`;
      return `  ${name}: ${[...blocks.slice(0, 8), ...more].join(' → ')}`;
    });
}

// --------------------------------------------------------------------------------------------- SVG

/** With more blocks, a file with one shape for each block is useless. */
export const mostShapes = 50_000;

const round = (value: number): string => String(Math.round(value * 100) / 100);
const css = ([red, green, blue]: Colour): string =>
  `rgb(${Math.round(red)},${Math.round(green)},${Math.round(blue)})`;

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One path for each kind of byte: a rectangle for each piece of a block on one line. */
class Shapes {
  readonly #mapLayout: MapLayout;
  readonly #paths = new Map<Kind, string[]>();

  constructor(mapLayout: MapLayout) {
    this.#mapLayout = mapLayout;
  }

  add(kind: Kind, begin: number, end: number): void {
    const { lineHeight, gap } = this.#mapLayout;
    const path = this.#paths.get(kind) ?? [];
    this.#paths.set(kind, path);
    for (const { line, x, width } of segmentsOf(this.#mapLayout, begin, end - begin)) {
      const y = line * (lineHeight + gap);
      path.push(`M${round(x)} ${round(y)}h${round(width)}v${round(lineHeight)}h-${round(width)}z`);
    }
  }

  svg(palette: Palette): string[] {
    const edge = ` stroke="${css(palette.edge)}" stroke-width="0.6"`;
    return [...this.#paths].map(
      ([kind, path]) =>
        `<path class="${kind}" fill="${css(palette[kind])}"${kind === 'free' ? edge : ''} ` +
        `d="${path.join('')}"/>`,
    );
  }
}

/**
 * Returns the map as a vector picture with true areas.
 *
 * @throws {RangeError} if the heap has more blocks than `mostShapes`.
 */
export function snapshotSvg(
  snapshot: Snapshot,
  mapLayout: MapLayout,
  palette: Palette,
  context: SnapshotContext,
): string {
  const { blocks, layout } = snapshot;
  if (blocks.count > mostShapes) {
    throw new RangeError(
      `${decimal(blocks.count)} blocks are too many for a vector picture; save a PNG instead`,
    );
  }
  const shapes = new Shapes(mapLayout);
  let done = snapshot.begin;
  for (let index = 0; index < blocks.count; index++) {
    const header = blocks.address[index]!;
    const payload = header + layout.blockPayload;
    const end = header + blocks.size[index]!;
    if (header > done) {
      shapes.add('control', done, header);
    }
    shapes.add('header', header, payload);
    const free = isFree(snapshot, index);
    const asked = free ? end : Math.min(payload + (context.requested(header) ?? end), end);
    shapes.add(free ? 'free' : 'used', payload, asked);
    if (asked < end) {
      shapes.add('slack', asked, end);
    }
    done = end;
  }
  const { width, height } = mapLayout;
  const title = context.title === '' ? 'A heap' : `A heap: ${context.title}`;
  const words = snapshotText(snapshot, context).split('\n').slice(0, 4).join('. ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(words)}</desc>`,
    `<rect width="${width}" height="${height}" fill="${css(palette.outside)}"/>`,
    ...shapes.svg(palette),
    '</svg>\n',
  ].join('\n');
}
