// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instantiate } from 'segfit/core';

import { createAllocator } from '../../web/model/heap/allocator.ts';
import { snapshotOf } from '../../web/model/heap/decode.ts';
import { isFree } from '../../web/model/heap/snapshot.ts';
import { CallLog } from '../../web/model/run/call_log.ts';
import { Session } from '../../web/model/run/session.ts';
import { programs } from './programs.ts';
import { build, small, wideBuild } from './real.ts';

interface Walked {
  readonly pointer: number;
  readonly size: number;
  readonly used: boolean;
}

/** The blocks that segfit_walk_next returns; its structure begins with pointer, size, used. */
function walk(memory: WebAssembly.Memory, heap: number, plain: WebAssembly.Module): Walked[] {
  const { exports } = instantiate(plain, memory);
  // In the unused bytes below the heap.
  const at = heap - 64;
  new Uint8Array(memory.buffer, at, 32).fill(0);
  const blocks: Walked[] = [];
  while (exports.segfit_walk_next(heap, at) !== 0) {
    const view = new DataView(memory.buffer, at);
    const used = view.getUint8(8) !== 0;
    blocks.push({ pointer: view.getUint32(0, true), size: view.getUint32(4, true), used });
  }
  return blocks;
}

const pools = fc.constantFrom(1, 2, 4);
const builds = fc.constantFrom(build, wideBuild);

test('the decoder finds the blocks of segfit_walk_next, and segfit_check passes', () => {
  fc.assert(
    fc.property(programs, pools, builds, (operations, count, each) => {
      const settings = { ...small, pools: count };
      const instance = createAllocator(each, settings.limit);
      const session = new Session(instance.allocator, settings, new CallLog(operations));
      for (let number = 0; number <= operations.length; number++) {
        const { blocks, problems, layout, ...snapshot } = snapshotOf(
          session.memory,
          session.heap,
          instance.layout,
        );
        const decoded = Array.from(blocks.address, (address, index) => ({
          pointer: address + layout.blockPayload,
          size: blocks.size[index]!,
          used: !isFree({ blocks, layout, problems, ...snapshot }, index),
        }));
        const walked = walk(instance.allocator.memory, session.heap, each.plain);
        const inOrder = walked.sort((a, b) => a.pointer - b.pointer);
        expect(decoded).toEqual(inOrder);
        expect(problems).toEqual([]);
        expect(instance.check(session.heap)).toBe(null);
        if (number < operations.length) {
          session.execute();
        }
      }
    }),
    { numRuns: 25 },
  );
});

test('builds with and without events leave the same bytes', () => {
  fc.assert(
    fc.property(programs, builds, (operations, each) => {
      const [quiet, telling] = [0, 1].map(() => {
        const { allocator } = createAllocator(each, small.limit);
        return new Session(allocator, small, new CallLog(operations));
      });
      for (let number = 1; number <= operations.length; number++) {
        quiet!.execute();
        telling!.executeWithEvents(() => undefined);
        expect(Buffer.compare(quiet!.memory, telling!.memory)).toBe(0);
      }
    }),
    { numRuns: 25 },
  );
});

test('segfit_check finds damage, which does not stop the decoder', () => {
  const { allocator, layout, check } = createAllocator(build, small.limit);
  const session = new Session(allocator, small, new CallLog([]));
  const { blocks } = snapshotOf(session.memory, session.heap, layout);
  new DataView(allocator.memory.buffer).setUint32(blocks.address[0]!, 0xffff_fff1, true);
  expect(check(session.heap)).not.toBe(null);
  const { problems, pools: found } = snapshotOf(session.memory, session.heap, layout);
  expect(problems.length).toBeGreaterThan(0);
  expect(found.length).toBe(1);
});
