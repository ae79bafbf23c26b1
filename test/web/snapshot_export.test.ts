// SPDX-License-Identifier: MIT
/** Exported heaps: the file matches the heap. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { mapLayoutFor } from '../../web/draw/map_layout.ts';
import { kinds, type Palette } from '../../web/draw/raster.ts';
import {
  type SnapshotContext,
  snapshotJson,
  snapshotSvg,
  snapshotText,
} from '../../web/formats/snapshot_export.ts';
import { blockIndexOf, isFree, type Snapshot } from '../../web/model/heap/snapshot.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { run, trace } from './real.ts';

const real = run(trace.operations, settingsFor(trace.operations), 64);

const palette = Object.fromEntries(
  [...kinds, 'edge'].map((kind, index) => [kind, [index, index * 2, index * 3]]),
) as unknown as Palette;

function contextAt(number: number): SnapshotContext {
  const { callLog } = real.history;
  return {
    call: 'malloc(35)',
    sentence: 'It fits <somewhere> & "well".',
    where: `call ${number} of ${trace.operations.length}`,
    title: trace.title,
    requested: (header) => {
      const pointer = header + real.instance.layout.blockPayload;
      const owner = real.history.ownerOf(pointer, number, real.at(number).memory);
      return owner === 0 ? undefined : callLog.asked[owner];
    },
  };
}

const nobody: SnapshotContext = {
  call: '',
  sentence: '',
  where: '',
  title: '',
  requested: () => undefined,
};

function bytesOf(snapshot: Snapshot, free: boolean): number {
  return [...snapshot.blocks.size].reduce(
    (sum, size, index) => (isFree(snapshot, index) === free ? sum + size : sum),
    0,
  );
}

test('JSON holds every block, list and statistic', () => {
  const snapshot = real.at(700);
  const { blocks, lists, statistics, heap, format } = JSON.parse(
    snapshotJson(snapshot, contextAt(700)),
  );
  expect(format).toBe('segfit-snapshot');
  expect(blocks).toHaveLength(snapshot.blocks.count);
  expect(statistics).toEqual(snapshot.statistics);
  expect([heap.rows, heap.columns]).toEqual([snapshot.rows, snapshot.columns]);
  const listed = lists.flatMap((list: { blocks: number[] }) => list.blocks);
  const free = blocks.filter((block: { free: boolean }) => block.free);
  expect(listed.sort()).toEqual(free.map((block: { address: number }) => block.address).sort());
  for (const { address, size, requested } of blocks.filter(
    (each: { free: boolean }) => !each.free,
  )) {
    expect(requested).toBeLessThan(size);
    expect(blockIndexOf(snapshot.blocks, address)).toBeGreaterThanOrEqual(0);
  }
});

test('the widths of a vector picture match the bytes of the heap', () => {
  fc.assert(
    fc.property(
      fc.nat(trace.operations.length),
      fc.integer({ min: 100, max: 2000 }),
      (number, width) => {
        const snapshot = real.at(number);
        const options = { maxLines: 20, minBytesPerLine: 512, lineHeight: 10, gap: 2 };
        const mapLayout = mapLayoutFor(snapshot.begin, snapshot.end, width, options);
        const svg = snapshotSvg(snapshot, mapLayout, palette, nobody);
        const bytes = (kind: string): number => {
          const [, path = ''] = new RegExp(`class="${kind}"[^>]* d="([^"]*)"`).exec(svg) ?? [];
          const widths = [...path.matchAll(/h([\d.]+)v/g)].map(([, each]) => Number(each));
          return widths.reduce((sum, each) => sum + each, 0) * mapLayout.bytesPerPixel;
        };
        const headers = snapshot.blocks.count * snapshot.layout.wordSize;
        // Each width is rounded to a hundredth.
        const within = 0.006 * mapLayout.bytesPerPixel * (snapshot.blocks.count * 2 + 60);
        expect(Math.abs(bytes('header') - headers)).toBeLessThan(within);
        const payloads = bytes('used') + bytes('free');
        const wanted = bytesOf(snapshot, true) + bytesOf(snapshot, false) - headers;
        expect(Math.abs(payloads - wanted)).toBeLessThan(within);
      },
    ),
    { numRuns: 25 },
  );
});

test('inside a call, a free block has no requested size', () => {
  const snapshot = real.at(1350, 4);
  const text = snapshotText(snapshot, { ...contextAt(1350), requested: () => 56 }, 0);
  expect(text).toMatch(/ used /);
  expect(text).not.toMatch(/ free .*requested/);
  const { blocks } = JSON.parse(snapshotJson(snapshot, { ...nobody, requested: () => 56 }));
  for (const { free, requested } of blocks as { free: boolean; requested?: number }[]) {
    expect(requested).toBe(free ? undefined : 56);
  }
});

test('a program name cannot break a picture', () => {
  const snapshot = real.at(10);
  const mapLayout = mapLayoutFor(snapshot.begin, snapshot.end, 500, {
    maxLines: 8,
    minBytesPerLine: 512,
    lineHeight: 8,
    gap: 2,
  });
  const svg = snapshotSvg(snapshot, mapLayout, palette, { ...nobody, title: '</title><script>"&' });
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('&#60;script&#62;');
});

test('the text has what a bug report needs, and is bounded', () => {
  const snapshot = real.at(1300);
  const around = snapshot.blocks.address[200]!;
  const text = snapshotText(snapshot, contextAt(1300), around);
  expect(text).toContain('call 1300 of 1967');
  expect(text).toContain(`0x${around.toString(16).padStart(8, '0')}`);
  expect(text.split('\n').length).toBeLessThan(200);
  const { capacity, used } = snapshot.statistics;
  expect(text).toContain(`${used.toLocaleString('en')} used`);
  expect(text).toContain(`${(capacity - used).toLocaleString('en')} free`);
});
