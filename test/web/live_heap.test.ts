// SPDX-License-Identifier: MIT
/** Reading a heap while the real allocator changes it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  HeapReader,
  instantiate,
  layoutFields,
  layoutOf,
  policies,
  type RawExports,
} from 'segfit/core';

import { classesOf } from '../../web/model/heap/classes.ts';
import { snapshotOf } from '../../web/model/heap/decode.ts';
import { LiveHeap } from '../../web/model/heap/live_heap.ts';
import { Sweep } from '../../web/model/heap/sweep.ts';
import { build } from './real.ts';

const base = 4096;
const wasm = build.plain;
const layout = layoutOf(wasm);

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly exports: RawExports;
  readonly heap: number;
  readonly live: number[];
}

function program(size = 256 * 1024): Program {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((base + size) / 65_536) });
  const { exports } = instantiate(wasm, memory);
  const heap = exports.segfit_init(base, size, 0, 16, 2 ** 24, policies.probe) >>> 0;
  return { memory, exports, heap, live: [] };
}

/**
 * One call of a program, selected by `pick`. Payloads are filled with bytes that look like headers.
 */
function act({ memory, exports, heap, live }: Program, pick: number): void {
  const size = (pick >>> 4) % 700;
  if (pick % 16 < 9 || live.length === 0) {
    const pointer = exports.segfit_alloc(heap, size) >>> 0;
    if (pointer !== 0) {
      live.push(pointer);
      new Uint8Array(memory.buffer).fill(pick & 0x38, pointer, pointer + size);
    }
    return;
  }
  const at = pick % live.length;
  if (pick % 16 < 12) {
    const moved = exports.segfit_realloc(heap, live[at]!, size) >>> 0;
    if (moved !== 0) {
      live[at] = moved;
    }
    return;
  }
  exports.segfit_free(heap, live[at]!);
  live[at] = live.at(-1)!;
  live.pop();
}

function blocksNow({ memory, heap }: Program): number[][] {
  const { blocks } = snapshotOf(new Uint8Array(memory.buffer), heap, layout);
  return [[...blocks.address], [...blocks.size], [...blocks.header]];
}

function swept({ blocks }: Sweep): number[][] {
  return [[...blocks.address], [...blocks.size], [...blocks.header]];
}

const acts = fc.array(fc.nat(), { maxLength: 300 });

test('a sweep in slices of any size finds what one walk finds', () => {
  fc.assert(
    fc.property(acts, fc.integer({ min: 1, max: 40 }), (picks, slice) => {
      const subject = program();
      picks.forEach((pick) => act(subject, pick));
      const sweep = new Sweep(subject.memory, subject.heap, layout);
      while (!sweep.advance(slice)) {
        expect(sweep.completed).toBe(0);
      }
      expect(sweep.problem).toBe('');
      expect(swept(sweep)).toEqual(blocksNow(subject));
    }),
  );
});

test('sweeps complete while the program runs, and are exact once it pauses', () => {
  fc.assert(
    fc.property(acts, acts, fc.integer({ min: 1, max: 40 }), (before, during, slice) => {
      const subject = program();
      before.forEach((pick) => act(subject, pick));
      const sweep = new Sweep(subject.memory, subject.heap, layout);
      for (const pick of during) {
        act(subject, pick);
        sweep.advance(slice);
        expect(sweep.problem).toBe('');
      }
      const { completed } = sweep;
      // The sweep in progress may hold old blocks; the next one cannot.
      for (let step = 0; sweep.completed < completed + 2; step++) {
        expect(step).toBeLessThan(10_000);
        sweep.advance(slice);
      }
      expect(swept(sweep)).toEqual(blocksNow(subject));
    }),
  );
});

test('a live heap equals a snapshot, lists and bitmaps included', () => {
  fc.assert(
    fc.property(acts, (picks) => {
      const subject = program();
      const live = new LiveHeap({ memory: subject.memory, heap: subject.heap, layout });
      picks.forEach((pick) => act(subject, pick));
      live.refresh();
      live.refreshAll();
      const copy = snapshotOf(new Uint8Array(subject.memory.buffer), subject.heap, layout);
      const { snapshot } = live;
      expect(snapshot.columnBitmaps).toEqual(copy.columnBitmaps);
      expect(snapshot.rowBitmap).toBe(copy.rowBitmap);
      expect(snapshot.heads).toEqual(copy.heads);
      expect(snapshot.statistics).toEqual(copy.statistics);
      copy.heads.forEach((head, index) => {
        if (head === 0) {
          return;
        }
        expect(snapshot.list(index)).toEqual(copy.list(index));
        expect(snapshot.list(index, 2)).toEqual(copy.list(index, 2));
      });
      expect(snapshot.problems).toEqual([]);
    }),
  );
});

test('the view follows a memory that grows, whose old buffer is detached', () => {
  const subject = program(64 * 1024);
  const live = new LiveHeap({ memory: subject.memory, heap: subject.heap, layout });
  const before = live.snapshot.statistics.capacity;
  const end = base + 64 * 1024;
  subject.memory.grow(4);
  const [pool] = new HeapReader(subject.memory, subject.heap, layout).pools();
  expect(subject.exports.segfit_extend_pool(subject.heap, pool!.memory, 65_536)).not.toBe(0);
  const far = subject.exports.segfit_alloc(subject.heap, 100_000) >>> 0;
  expect(far).not.toBe(0);
  expect(live.refresh()).toBe(true);
  live.refreshAll();
  expect(live.snapshot.statistics.capacity).toBe(before + 65_536);
  expect(live.snapshot.end).toBeGreaterThan(end);
  expect([...live.snapshot.blocks.address]).toEqual(blocksNow(subject)[0]);
});

test('an unchanged heap is not drawn again', () => {
  const subject = program();
  const live = new LiveHeap({ memory: subject.memory, heap: subject.heap, layout });
  live.refreshAll();
  const { snapshot } = live;
  live.refresh();
  expect(live.refresh()).toBe(false);
  expect(live.refresh()).toBe(false);
  expect(live.snapshot.blocks).toEqual(snapshot.blocks);
  act(subject, 16 * 50);
  expect(live.refresh()).toBe(true);
});

test('shared memory is readable', () => {
  const subject = program();
  for (let pick = 1; pick < 4000; pick += 37) {
    act(subject, pick * 7919);
  }
  const shared = new SharedArrayBuffer(subject.memory.buffer.byteLength);
  new Uint8Array(shared).set(new Uint8Array(subject.memory.buffer));
  const live = new LiveHeap({ memory: { buffer: shared }, heap: subject.heap, layout });
  live.refreshAll();
  expect([...live.snapshot.blocks.header]).toEqual(blocksNow(subject)[2]);
});

test('a live heap writes nothing', () => {
  const subject = program();
  for (let pick = 1; pick < 4000; pick += 37) {
    act(subject, pick * 7919);
  }
  const before = new Uint8Array(subject.memory.buffer).slice();
  const live = new LiveHeap({ memory: subject.memory, heap: subject.heap, layout });
  live.refresh(3);
  live.refreshAll();
  expect(Buffer.compare(new Uint8Array(subject.memory.buffer), before)).toBe(0);
});

test('the layout may be an address in the memory, or bytes', () => {
  const subject = program();
  const { exports, memory, heap } = subject;
  exports.segfit_describe(1024);
  const bytes = new Uint8Array(memory.buffer, 1024, layoutFields.length * 4).slice();
  for (const each of [1024, bytes, layout]) {
    expect(new LiveHeap({ memory, heap, layout: each }).layout).toEqual(layout);
  }
});

test('an address without a heap throws with a message', () => {
  const { memory, heap } = program();
  expect(() => new LiveHeap({ memory, heap: 64, layout })).toThrow(/0x|no heap/);
  expect(() => new LiveHeap({ memory, heap, layout: 2 ** 31 })).toThrow(/2147483648/);
  expect(() => new LiveHeap({ memory, heap, layout: 0 })).toThrow(/layout/);
});

test('reading ends, whatever the memory holds', () => {
  fc.assert(
    fc.property(acts, fc.array(fc.tuple(fc.nat(65_535), fc.nat(255))), (picks, damage) => {
      const subject = program(60_000);
      picks.forEach((pick) => act(subject, pick));
      const live = new LiveHeap({ memory: subject.memory, heap: subject.heap, layout });
      const bytes = new Uint8Array(subject.memory.buffer);
      damage.forEach(([address, value]) => (bytes[address] = value));
      try {
        live.refresh(5);
        live.refreshAll();
      } catch (error) {
        expect((error as Error).message).toMatch(/0x/);
      }
    }),
  );
});

test('classes of another geometry equal those of a heap with it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 25 }),
      fc.constantFrom(4, 8, 16, 32),
      fc.constantFrom(8, 16),
      fc.nat(1 << 20),
      (rows, columns, align, size) => {
        const classes = classesOf([wasm], { rows, columns, align });
        const index = classes.of(size - (size % align));
        if (index >= 0) {
          expect(index).toBeLessThan(rows * columns);
          expect(classes.sizeOf(index)).toBeLessThanOrEqual(size);
          expect(
            index + 1 === rows * columns || classes.sizeOf(index + 1) > size - (size % align),
          ).toBe(true);
        }
      },
    ),
  );
});
