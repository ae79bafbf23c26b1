// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  addressAt,
  cellOf,
  segmentsOf,
  stripLayoutFor,
  mapLayoutFor,
} from '../../web/draw/map_layout.ts';
import {
  cover,
  coveredBytes,
  Covering,
  type Emphasis,
  kinds,
  paint,
  type Palette,
} from '../../web/draw/raster.ts';
import type { Snapshot } from '../../web/model/heap/snapshot.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { malloc, release, run, trace } from './real.ts';

const plain: Emphasis = { touched: new Set(), requested: () => -1 };

const real = run(trace.operations, settingsFor(trace.operations), 64);

function at(number: number): Snapshot {
  return real.at(number);
}

const options = fc.record({
  maxLines: fc.integer({ min: 1, max: 40 }),
  minBytesPerLine: fc.constantFrom(256, 1024, 4096),
  lineHeight: fc.integer({ min: 1, max: 20 }),
  gap: fc.nat(5),
});
const widths = fc.integer({ min: 1, max: 2000 });

test('the pixels show exactly the used bytes, at any width and number of lines', () => {
  fc.assert(
    fc.property(fc.nat(trace.operations.length), widths, options, (number, width, each) => {
      const snapshot = at(number);
      const mapLayout = mapLayoutFor(snapshot.begin, snapshot.end, width, each);
      const coverage = cover(snapshot, mapLayout, plain);
      const bytes = (kind: (typeof kinds)[number]): number =>
        coveredBytes(coverage, mapLayout, kind);
      const { used, capacity } = snapshot.statistics;
      const headers = snapshot.blocks.count * snapshot.layout.wordSize;
      const usedHeaders =
        (snapshot.blocks.count - snapshot.statistics.freeBlocks) * snapshot.layout.wordSize;
      const within = mapLayout.bytesPerPixel * 0.01 + used * 1e-5;
      expect(Math.abs(bytes('used') - (used - usedHeaders))).toBeLessThan(within);
      expect(Math.abs(bytes('header') - headers)).toBeLessThan(within);
      const freeHeaders = headers - usedHeaders;
      expect(Math.abs(bytes('free') - (capacity - used - freeHeaders))).toBeLessThan(within);
    }),
    { numRuns: 40 },
  );
});

test('a strip conserves the bytes of its range', () => {
  const snapshot = at(600);
  const mapLayout = stripLayoutFor(snapshot.begin, snapshot.end, 333, 20);
  const shown = kinds.reduce(
    (sum, kind) => sum + coveredBytes(cover(snapshot, mapLayout, plain), mapLayout, kind),
    0,
  );
  expect(shown).toBeCloseTo(snapshot.end - snapshot.begin, 0);
});

test('a strip of any range shows exactly the bytes there', () => {
  const snapshot = at(900);
  const { blocks, layout } = snapshot;
  const span = snapshot.end - snapshot.begin;
  fc.assert(
    fc.property(
      fc.nat(span - 1),
      fc.integer({ min: 1, max: span }),
      widths,
      (from, bytes, width) => {
        const begin = snapshot.begin + from;
        const end = Math.min(begin + bytes, snapshot.end);
        const mapLayout = stripLayoutFor(begin, end, width, 5);
        const coverage = cover(snapshot, mapLayout, plain);
        let used = 0;
        for (let index = 0; index < blocks.count; index++) {
          const payload = blocks.address[index]! + layout.blockPayload;
          const last = Math.min(blocks.address[index]! + blocks.size[index]!, end);
          if ((blocks.header[index]! & layout.headerFree) === 0) {
            used += Math.max(0, last - Math.max(payload, begin));
          }
        }
        const within = 1e-3 * (end - begin) + 1e-3;
        expect(Math.abs(coveredBytes(coverage, mapLayout, 'used') - used)).toBeLessThan(within);
        const shown = kinds.reduce((sum, kind) => sum + coveredBytes(coverage, mapLayout, kind), 0);
        expect(Math.abs(shown - (end - begin))).toBeLessThan(within);
      },
    ),
  );
});

test('a map computed in many steps equals one computed at once', () => {
  const snapshot = at(1200);
  const mapLayout = mapLayoutFor(snapshot.begin, snapshot.end, 700, {
    maxLines: 16,
    minBytesPerLine: 2048,
    lineHeight: 3,
    gap: 1,
  });
  const touched = new Set([snapshot.blocks.address[40]!]);
  const emphasis = { ...plain, touched };
  const whole = cover(snapshot, mapLayout, emphasis);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 })), fc.nat(300), (goes, from) => {
      const covering = new Covering(snapshot, mapLayout, emphasis, from);
      goes.forEach((most) => covering.advance(most));
      expect(covering.left).toBeGreaterThanOrEqual(0);
      covering.advance(Infinity);
      expect(covering.left).toBe(0);
      // Jest compares long arrays one by one, with a path for each.
      const changedSettings = covering
        .finish()
        .shares.findIndex((share, at) => share !== whole.shares[at]);
      expect(changedSettings).toBe(-1);
      const large = [...snapshot.blocks.size].flatMap((size, index) =>
        size >= from ? [index] : [],
      );
      expect(covering.large).toEqual(large);
    }),
    { numRuns: 30 },
  );
});

test('a small block never paints more than its bytes', () => {
  const first = malloc(8);
  const decoded = run([first, malloc(8), release(first)]).at(3);
  const mapLayout = mapLayoutFor(decoded.begin, decoded.end, 40, {
    maxLines: 1,
    minBytesPerLine: 256,
    lineHeight: 1,
    gap: 0,
  });
  const coverage = cover(decoded, mapLayout, plain);
  expect(coveredBytes(coverage, mapLayout, 'used')).toBeCloseTo(decoded.statistics.used - 4, 3);
});

test('bytes beyond the request have their own kind', () => {
  const { history, at: heapAt } = run([malloc(30)]);
  const { outcome } = history.at(1);
  const decoded = heapAt(1);
  const mapLayout = mapLayoutFor(decoded.begin, decoded.end, 500, {
    maxLines: 20,
    minBytesPerLine: 1024,
    lineHeight: 4,
    gap: 1,
  });
  const header = outcome.pointer - decoded.layout.blockPayload;
  const requested = (address: number): number => (address === header ? 30 : -1);
  const coverage = cover(decoded, mapLayout, { touched: new Set(), requested });
  expect(coveredBytes(coverage, mapLayout, 'used')).toBeCloseTo(30, 3);
  expect(coveredBytes(coverage, mapLayout, 'slack')).toBeCloseTo(6, 3);
});

test('pixels take the colour of their kind, and free ones an edge', () => {
  const palette = Object.fromEntries(
    [...kinds, 'edge'].map((kind, index) => [kind, [index * 20, index * 10, index]]),
  ) as unknown as Palette;
  const decoded = run([]).at(0);
  const mapLayout = mapLayoutFor(decoded.begin, decoded.end, 256, {
    maxLines: 100,
    minBytesPerLine: 1024,
    lineHeight: 5,
    gap: 2,
  });
  const data = paint(cover(decoded, mapLayout, plain), mapLayout, palette);
  const pixel = (x: number, y: number): number[] => [
    ...data.slice((y * 256 + x) * 4, (y * 256 + x) * 4 + 3),
  ];
  const { line, x } = cellOf(mapLayout, decoded.end - 1024 + 512);
  const top = line * 7;
  expect(pixel(Math.floor(x), top + 2)).toEqual([...palette.free]);
  expect(pixel(Math.floor(x), top)).toEqual([...palette.edge]);
  expect(pixel(Math.floor(x), top - 1)).toEqual([...palette.outside]);
  expect(pixel(0, 2)).toEqual([...palette.control]);
});

test('a point maps back to the address drawn there', () => {
  fc.assert(
    fc.property(widths, options, fc.nat(50_000), (width, each, offset) => {
      const mapLayout = mapLayoutFor(0x1000, 0x1000 + 50_001, width, each);
      const { line, x } = cellOf(mapLayout, 0x1000 + offset);
      const found = addressAt(mapLayout, x, line * (mapLayout.lineHeight + mapLayout.gap));
      expect(Math.abs(found - (0x1000 + offset))).toBeLessThanOrEqual(1);
    }),
  );
});

test('the pieces of a block add up to its bytes', () => {
  fc.assert(
    fc.property(
      widths,
      options,
      fc.nat(40_000),
      fc.integer({ min: 1, max: 10_000 }),
      (width, each, offset, size) => {
        const mapLayout = mapLayoutFor(0x1000, 0x1000 + 50_000, width, each);
        const pieces = segmentsOf(mapLayout, 0x1000 + offset, size);
        const pixels = pieces.reduce((sum, piece) => sum + piece.width, 0);
        expect(pixels * mapLayout.bytesPerPixel).toBeCloseTo(size, 3);
      },
    ),
  );
});

test('lines never exceed their maximum, and hold a power of two of bytes', () => {
  fc.assert(
    fc.property(widths, options, fc.integer({ min: 1, max: 1_000_000 }), (width, each, size) => {
      const mapLayout = mapLayoutFor(0, size, width, each);
      expect(mapLayout.lines).toBeLessThanOrEqual(each.maxLines);
      expect(Math.log2(mapLayout.bytesPerPixel * width) % 1).toBeCloseTo(0, 6);
    }),
  );
});
