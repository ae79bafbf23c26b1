// SPDX-License-Identifier: MIT
/** Decodes the heap of the process-wide malloc, and checks its cache. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { classesOf } from '../../web/model/heap/classes.ts';
import { blockIndexOf, isFree, summarizeFree } from '../../web/model/heap/snapshot.ts';
import { MallocRun } from '../../web/model/run/malloc_run.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { programs } from './programs.ts';
import { build, malloc, release, trace } from './real.ts';

const moduleOf = (cache: number): WebAssembly.Module =>
  new WebAssembly.Module(
    readFileSync(join(__dirname, '..', '..', 'build', 'view', `malloc-cache-${cache}.wasm`)),
  );
const [cached, plain] = [moduleOf(128), moduleOf(0)];
const classes = classesOf([build.plain], { rows: 10, columns: 16, align: 8 });
const runOf = (module: WebAssembly.Module, operations: readonly Operation[]): MallocRun =>
  new MallocRun(module, operations, classes);

test('a freed block is cached, and the heap counts it as used', () => {
  const block = malloc(100);
  const run = runOf(cached, [block, release(block)]);
  run.runTo(2);
  const { snapshot, highlight, statistics } = run;
  expect(statistics.value.cachedBlocks).toBeGreaterThan(0);
  for (const header of highlight.value.blocks) {
    expect(isFree(snapshot.value, blockIndexOf(snapshot.value.blocks, header))).toBe(false);
  }
  expect(statistics.value.untouched).toBe(1);
  const without = runOf(plain, [block, release(block)]);
  without.runTo(2);
  expect(without.statistics.value).toMatchObject({ cachedBlocks: 0, untouched: 0 });
});

test('the used blocks are those of the program and the cache, at any moment', () => {
  fc.assert(
    fc.property(programs, fc.nat(80), (operations, moment) => {
      for (const module of [cached, plain]) {
        const run = runOf(module, operations);
        run.runTo(operations.length);
        run.runTo(Math.min(moment, operations.length));
        const snapshot = run.snapshot.value;
        expect(snapshot.problems).toEqual([]);
        const live = new Set<number>();
        operations.slice(0, moment).forEach((each) => {
          live.delete(each.kind === 'realloc' ? each.oldId : each.id);
          if (each.kind !== 'free') {
            live.add(each.id);
          }
        });
        const { blocks } = snapshot;
        const used = blocks.count - summarizeFree(snapshot).count;
        expect(used).toBe(live.size + run.statistics.value.cachedBlocks);
      }
    }),
    { numRuns: 100 },
  );
});

test('with the cache, most calls of a real program do not reach the heap', () => {
  const [withCache, none] = [runOf(cached, trace.operations), runOf(plain, trace.operations)];
  withCache.runTo(trace.operations.length);
  none.runTo(trace.operations.length);
  expect(withCache.statistics.value.untouched).toBeGreaterThan(trace.operations.length / 2);
  // A realloc to a size that the block already has does not change the heap.
  expect(none.statistics.value.untouched).toBeLessThan(trace.operations.length / 10);
  expect(none.statistics.value.failures + withCache.statistics.value.failures).toBe(0);
});
