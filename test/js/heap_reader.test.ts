// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';
import { heapFigures, type HeapPool, HeapReader, type Layout, layoutOf } from 'segfit/core';

import {
  type Bench,
  builtModule,
  makeHeap,
  randomFrom,
  sameBytes,
  scratch,
  seed,
  step,
  thrownBy,
} from './helpers.ts';

test('pool.heap is the address of the heap in every kind of pool', () => {
  const layout = layoutOf(builtModule('segfit.wasm'));
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 8, shared: true });
  const pools = [
    new Pool({ size: 65_536, maxSize: 200_000 }),
    new Pool({
      memory: new WebAssembly.Memory({ initial: 2 }),
      byteOffset: 1000,
      byteLength: 70_000,
    }),
    new Pool({ size: 65_536, debug: true, tags: true }),
    Pool.shared({ memory, byteOffset: 65_544, byteLength: 100_000 }),
  ];
  for (const pool of pools) {
    for (let index = 1; index < 40; index++) pool.alloc(index * 3);
    pool.free(pool.alloc(500));
    const reader = new HeapReader(pool.memory, pool.heap, layout);
    const used = [...reader.blocks()].filter((block) => block.used).map((block) => block.pointer);
    expect(used.sort((a, b) => a - b)).toEqual(
      [...pool.blocks()]
        .filter((block) => block.used)
        .map((block) => block.pointer)
        .sort((a, b) => a - b),
    );
    expect(used.length).toBeGreaterThan(30);
    pool.reset();
    pool.destroy();
    expect(thrownBy(() => pool.heap).code).toBe('ERR_SEGFIT_DESTROYED');
  }
});

/** A heap after some random operations. */
function livedHeap(start: number, operations = 400): Bench {
  const bench = makeHeap(2);
  const random = randomFrom(start);
  const live: number[] = [];
  for (let index = 0; index < operations; index++) step(bench, live, random);
  return bench;
}

/** Returns the blocks that segfit_walk_next finds: pointer, size and state. */
function walk({ core, heap, bytes }: Bench): [number, number, boolean][] {
  const { buffer } = bytes;
  const words = new Uint32Array(buffer, scratch, 5).fill(0);
  const blocks: [number, number, boolean][] = [];
  while (core.exports.segfit_walk_next(heap, scratch) !== 0) {
    blocks.push([words[0] ?? 0, words[1] ?? 0, bytes[scratch + 8] === 1]);
  }
  words.fill(0);
  return blocks;
}

function figures({ core, heap, bytes }: Bench): Record<string, number> {
  core.exports.segfit_stats(heap, scratch);
  const words = new Uint32Array(bytes.buffer, scratch, heapFigures.length);
  return Object.fromEntries(heapFigures.map((name, index) => [name, words[index] ?? 0]));
}

const rounds = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(rounds)(`SEED=${seed}, heap %d: a reader agrees with C`, (round) => {
  const bench = livedHeap(seed + round);
  const { core, heap, reader } = bench;

  test('about the blocks', () => {
    const blocks = [...reader.blocks()].map(({ pointer, size, used }) => [pointer, size, used]);
    expect(blocks).toEqual(walk(bench));
    expect(blocks.length).toBeGreaterThan(10);
  });

  test('about the statistics', () => {
    const { largestAlloc, ...rest } = figures(bench);
    expect(reader.stats()).toEqual(rest);
    expect(largestAlloc).toBeGreaterThan(0);
  });

  test('about the classes: each list holds exactly the free blocks of its class', () => {
    const { rows, columns } = reader.control();
    const listed: number[] = [];
    for (let index = 0; index < rows * columns; index++) {
      const list = [...reader.list(index)];
      const bit = (reader.columnBits(Math.floor(index / columns)) >>> (index % columns)) & 1;
      expect(bit).toBe(list.length > 0 ? 1 : 0);
      let previous = 0;
      for (const block of list) {
        expect(core.exports.segfit_class_of(heap, block.size)).toBe(index);
        // The first block's link to the previous block is meaningless.
        if (previous !== 0) expect(block.previous).toBe(previous);
        previous = block.header;
        listed.push(block.pointer);
      }
    }
    const free = [...reader.blocks()].filter(({ used }) => !used).map(({ pointer }) => pointer);
    expect(listed.sort((a, b) => a - b)).toEqual(free);
    reader.rowBits().forEach((bit, row) => expect(bit).toBe(reader.columnBits(row) !== 0));
  });

  test('and segfit_check passes before and after reading', () => {
    const before = bench.bytes.slice();
    reader.snapshot();
    reader.heads();
    [...reader.pools()];
    expect(sameBytes(bench.bytes, before)).toBe(true);
    expect(core.exports.segfit_check(heap, scratch)).toBe(1);
  });
});

test('each previousFree bit matches the state of the previous block', () => {
  const { reader } = livedHeap(seed);
  let wasFree = false;
  for (const { used, previousFree } of reader.blocks()) {
    expect(previousFree).toBe(wasFree);
    wasFree = !used;
  }
});

test('several pools are read in address order', () => {
  const memory = new WebAssembly.Memory({ initial: 3 });
  const core = makeHeapIn(memory);
  const heap = core.exports.segfit_init(70000, 20000, 0, 0, 0, 0);
  expect(core.exports.segfit_add_pool(heap, 130001, 9000)).toBeGreaterThan(8900);
  expect(core.exports.segfit_add_pool(heap, 20000, 9000)).toBeGreaterThan(8900);
  const reader = new HeapReader(memory, heap, core.layout);
  const regions = [...reader.pools()].map((pool) => pool.memory);
  expect(regions.slice(0, 2)).toEqual([20000, 130001]);
  const pointers = [...reader.blocks()].map(({ pointer }) => pointer);
  expect(pointers).toEqual([...pointers].sort((a, b) => a - b));
  expect(pointers).toHaveLength(3);
});

test('stats reports the largest free block in any class, and 0 without one', () => {
  for (let size = 8; size < 1200; size += 8) {
    const bench = makeHeap(1);
    const { core, heap, reader } = bench;
    const c = core.exports;
    const hole = c.segfit_alloc(heap, size);
    for (let part = 32768; part > 0; part >>= 1) while (c.segfit_alloc(heap, part) !== 0);
    expect(reader.stats()).toMatchObject({ largestFree: 0, freeBlocks: 0 });
    c.segfit_free(heap, hole);
    expect(reader.stats().largestFree).toBe(figures(bench).largestFree);
    expect(reader.stats().largestFree).toBe(c.segfit_usable_size(heap, c.segfit_alloc(heap, size)));
  }
});

test('the reader returns all blocks of a heap with many blocks', () => {
  const bench = makeHeap(2);
  const pointers = Array.from({ length: 700 }, (_, index) =>
    bench.core.exports.segfit_alloc(bench.heap, 8 + (index % 50)),
  );
  pointers.forEach((pointer, index) => {
    if (index % 3 === 0) bench.core.exports.segfit_free(bench.heap, pointer);
  });
  const { headerFree, headerPrevFree } = bench.core.layout;
  const pairs = [...bench.reader.blocks()].flatMap(({ pointer, size, used, previousFree }) => [
    pointer,
    size + (used ? 0 : headerFree) + (previousFree ? headerPrevFree : 0),
  ]);
  expect(pairs.length).toBeGreaterThanOrEqual(1400);
  expect([...bench.reader.snapshot()]).toEqual(pairs);
});

test('heads, bits and lists have the lengths of the geometry', () => {
  const { reader } = livedHeap(seed);
  const { rows, columns } = reader.control();
  const heads = reader.heads();
  expect(heads).toHaveLength(rows * columns);
  expect(reader.rowBits()).toHaveLength(rows);
  expect(heads.map((_, index) => reader.head(index))).toEqual(heads);
  for (const index of [-1, -7, rows * columns, rows * columns + 1]) {
    expect([...reader.list(index)]).toEqual([]);
  }
});

function makeHeapIn(memory: WebAssembly.Memory): Bench['core'] {
  const { core } = makeHeap(1);
  return { ...core, exports: instanceOn(memory) };
}

const instanceOn = (memory: WebAssembly.Memory): Bench['core']['exports'] =>
  new WebAssembly.Instance(builtModule('segfit.wasm'), {
    env: { memory, segfit_panic: () => {}, segfit_grown: () => {} },
  }).exports as unknown as Bench['core']['exports'];

test('follows a memory that grows', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const core = makeHeapIn(memory);
  const heap = core.exports.segfit_init(64, 60000, 0, 0, 1 << 20, 0);
  const reader = new HeapReader(memory, heap, core.layout);
  const { capacity } = reader.stats();
  memory.grow(1);
  expect(reader.stats().capacity).toBe(capacity);
  core.exports.segfit_add_pool(heap, 65536, 65536);
  expect([...reader.blocks()]).toHaveLength(2);
});

describe('a dump', () => {
  const bench = livedHeap(seed);
  const { heap, reader } = bench;
  const layout = layoutOf(builtModule('segfit.wasm'));

  test('reads like the live memory, also at another offset in a buffer', () => {
    const copy = new Uint8Array(bench.bytes.length + 3);
    copy.set(bench.bytes, 3);
    for (const bytes of [bench.bytes.slice(), copy.subarray(3)]) {
      const dumped = new HeapReader(bytes, heap, layout);
      expect([...dumped.snapshot()]).toEqual([...reader.snapshot()]);
      expect(dumped.stats()).toEqual(reader.stats());
    }
  });

  test('that begins at another address than 0 is read by its own addresses', () => {
    const dumped = new HeapReader(bench.bytes.slice(heap), heap, layout, heap);
    expect([...dumped.blocks()]).toEqual([...reader.blocks()]);
  });

  test('of words of 8 bytes is read through its own layout', () => {
    const bytes = new Uint8Array(4096);
    const { view, wide } = wideHeap(bytes, layout);
    expect([...wide.blocks()].map(({ pointer, size, used }) => [pointer, size, used])).toEqual([
      [0x7f0000001008, 64, true],
      [0x7f0000001048, 128, false],
    ]);
    bytes[0] = 40;
    view.setBigUint64(32, (1n << 35n) | (1n << 3n), true);
    const bits = wide.rowBits();
    expect(bits).toHaveLength(40);
    expect(bits.flatMap((bit, row) => (bit ? [row] : []))).toEqual([3, 35]);
    view.setBigUint64(0x800 + 64, 7n, true);
    expect(thrownBy(() => [...wide.blocks()]).code).toBe('ERR_SEGFIT_CORRUPT');
  });
});

/** A heap of 8-byte words, written by hand, at 0x7f0000000800; its blocks begin at 0x…1000. */
function wideHeap(bytes: Uint8Array, layout: Layout): { view: DataView; wide: HeapReader } {
  const base = 0x7f0000000800;
  const wideLayout: Layout = {
    ...layout,
    wordSize: 8,
    align: 8,
    minBlock: 32,
    blockPayload: 8,
    controlRows: 0,
    controlColumnsLog2: 1,
    controlPools: 16,
    controlHeadsOffset: 24,
    controlRowBitmap: 32,
    controlColumnBitmaps: 40,
    poolNext: 8,
    poolEnd: 0,
    poolMemory: 16,
    poolFirst: 24,
  };
  const view = new DataView(bytes.buffer);
  const word = (address: number, value: number): void =>
    view.setBigUint64(address - base, BigInt(value), true);
  const [record, first] = [0x7f0000000fe8, 0x7f0000001000];
  bytes.set([10, 4], 0);
  word(base + 16, record);
  word(record, first + 192);
  word(record + 16, record);
  word(first, 64);
  word(first + 64, 128 | layout.headerFree);
  return { view, wide: new HeapReader(bytes, base, wideLayout, base) };
}

test('a reader throws for an invalid key, and for a value without a buffer', () => {
  const { bytes, heap, reader } = makeHeap(1);
  for (const key of [1.5, '5', null, NaN, {}]) {
    const thrown = thrownBy(() => new HeapReader(bytes, heap, reader.layout, 0, key as never));
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_SEGFIT_ARG_TYPE' });
    expect(thrown.message).toContain('key must be a whole number');
  }
  new HeapReader(bytes, heap, reader.layout, 0, -5);
  for (const none of [5, 'bytes', undefined, {}, null]) {
    const { code } = thrownBy(() => new HeapReader(none as never, heap, reader.layout));
    expect(code).toBe('ERR_SEGFIT_ARG_TYPE');
  }
});

describe('a reader trusts no byte', () => {
  test(`SEED=${seed}: whatever bytes are overwritten, reading ends, and throws only coded errors`, () => {
    const random = randomFrom(seed);
    let broken = 0;
    for (let round = 0; round < 400; round++) {
      const bench = livedHeap(seed + (round % 5), 60);
      const bytes = bench.bytes.slice();
      const reader = new HeapReader(bytes, bench.heap, bench.core.layout);
      for (let hits = 1 + random(8); hits > 0; hits--) {
        const address = random(2) === 0 ? bench.heap + random(2048) : random(bytes.length);
        bytes[address] = random(256);
      }
      const reads = [
        () => reader.snapshot(),
        () => [...reader.blocks()],
        () => [...reader.pools()],
        () => reader.stats(),
        () => reader.heads().forEach((head, index) => head !== 0 && [...reader.list(index)]),
      ];
      for (const read of reads) {
        try {
          read();
        } catch (error) {
          expect((error as { code?: string }).code).toBe('ERR_SEGFIT_CORRUPT');
          broken++;
        }
      }
    }
    expect(broken).toBeGreaterThan(50);
  });

  test('a list with a cycle ends', () => {
    const bench = livedHeap(seed);
    const index = bench.reader.heads().findIndex((head) => head !== 0);
    const head = bench.reader.head(index);
    const { blockNextFree } = bench.core.layout;
    new Uint32Array(bench.bytes.buffer)[(head + blockNextFree) / 4] = head;
    const { code, message } = thrownBy(() => [...bench.reader.list(index)]);
    expect(code).toBe('ERR_SEGFIT_CORRUPT');
    expect(message).toContain(head.toString(16));
  });

  test('a block that runs past its pool throws', () => {
    const bench = makeHeap(1);
    const first = bench.core.exports.segfit_alloc(bench.heap, 100);
    bench.core.exports.segfit_alloc(bench.heap, 100);
    const [pool] = bench.reader.pools();
    const header = first - bench.core.layout.blockPayload;
    new Uint32Array(bench.bytes.buffer)[header / 4] = (pool?.end ?? 0) - header + 8;
    expect(thrownBy(() => bench.reader.blocks().next())).toMatchObject({
      code: 'ERR_SEGFIT_CORRUPT',
      message: expect.stringContaining(header.toString(16)),
    });
  });

  /** Returns the error of reading all blocks when the first header is `word`. */
  const withHeader = (word: (pool: HeapPool) => number): { code: unknown; message: string } => {
    const bench = makeHeap(1);
    const [pool] = bench.reader.pools() as Iterable<HeapPool>;
    const { first, end } = pool!;
    new Uint32Array(bench.bytes.buffer)[first / 4] = word(pool!);
    const { code, message } = thrownBy(() => [...bench.reader.blocks()]);
    expect(thrownBy(() => bench.reader.snapshot())).toMatchObject({ code, message });
    expect(message).toContain(`, ${end - first} bytes before the pool's end`);
    return { code, message };
  };

  test('a block with an impossible size throws', () => {
    const { minBlock, align } = makeHeap(1).core.layout;
    for (const size of [minBlock - align, 0]) {
      expect(withHeader(() => size)).toMatchObject({
        code: 'ERR_SEGFIT_CORRUPT',
        message: expect.stringContaining(`the block has ${size} bytes`),
      });
    }
    expect(withHeader(({ first, end }) => end - first + align).code).toBe('ERR_SEGFIT_CORRUPT');
  });

  test('an impossible geometry throws, and the largest possible one does not', () => {
    const { reader, bytes, heap } = makeHeap(1);
    const { controlRows, controlColumnsLog2 } = reader.layout;
    const refused = (rows: number, columnsLog2: number): boolean => {
      bytes[heap + controlRows] = rows;
      bytes[heap + controlColumnsLog2] = columnsLog2;
      try {
        reader.control();
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_SEGFIT_CORRUPT' });
        return true;
      }
    };
    const tried: [number, number, boolean][] = [
      [0, 4, true],
      [1, 4, false],
      [32, 4, false],
      [33, 4, true],
      [8, 5, false],
      [8, 6, true],
      [8, 32, true],
      [8, 37, true],
    ];
    expect(tried.map(([rows, columnsLog2]) => refused(rows, columnsLog2))).toEqual(
      tried.map(([, , expected]) => expected),
    );
  });

  test('a marked row without marked columns is reported', () => {
    const { reader, bytes, heap } = makeHeap(1);
    const row = reader.rowBits().lastIndexOf(true);
    const { controlColumnBitmaps } = reader.layout;
    new Uint32Array(bytes.buffer)[(heap + controlColumnBitmaps) / 4 + row] = 0;
    const { code, message } = thrownBy(() => reader.stats());
    expect(code).toBe('ERR_SEGFIT_CORRUPT');
    expect(message).toContain(`row ${row} is marked`);
  });

  test('a header at an impossible address, and words outside the bytes, throw', () => {
    const { reader, bytes } = makeHeap(1);
    const [pool] = reader.pools();
    const { first } = pool!;
    expect(reader.block(first).header).toBe(first);
    for (const header of [first + 1, first + 4, -4, bytes.length + 4]) {
      expect(thrownBy(() => reader.block(header)).code).toBe('ERR_SEGFIT_CORRUPT');
    }
    expect(reader.word(bytes.length - 4)).toBe(new Uint32Array(bytes.buffer).at(-1));
    for (const address of [-4, -1, bytes.length - 3, bytes.length]) {
      const { code, message } = thrownBy(() => reader.word(address));
      expect(code).toBe('ERR_SEGFIT_CORRUPT');
      expect(message).toContain(`outside the ${bytes.length} bytes`);
    }
  });

  test('pools that overlap throw', () => {
    const memory = new WebAssembly.Memory({ initial: 3 });
    const core = makeHeapIn(memory);
    const heap = core.exports.segfit_init(70000, 20000, 0, 0, 0, 0);
    core.exports.segfit_add_pool(heap, 20000, 9000);
    const reader = new HeapReader(memory, heap, core.layout);
    const [low, high] = [...reader.pools()].sort((a, b) => a.first - b.first);
    const words = new Uint32Array(memory.buffer);
    words[(low!.record + core.layout.poolEnd) / 4] = high!.first + 8;
    expect(thrownBy(() => reader.snapshot()).message).toContain('overlaps another');
    words[(low!.record + core.layout.poolEnd) / 4] = low!.first - 8;
    expect(thrownBy(() => [...reader.pools()]).message).toContain('the pool ends at');
  });

  test('a chain of pools with a cycle ends', () => {
    const bench = livedHeap(seed);
    const { pools } = bench.reader.control();
    new Uint32Array(bench.bytes.buffer)[(pools + bench.core.layout.poolNext) / 4] = pools;
    expect(thrownBy(() => bench.reader.snapshot()).code).toBe('ERR_SEGFIT_CORRUPT');
  });

  test('too few bytes, and random bytes, throw', () => {
    const layout = layoutOf(builtModule('segfit.wasm'));
    const random = randomFrom(seed);
    for (const length of [0, 1, 63, 64, 1000]) {
      const bytes = Uint8Array.from({ length }, () => random(256) | 128);
      const { code } = thrownBy(() => new HeapReader(bytes, 64, layout).snapshot());
      expect(code).toBe('ERR_SEGFIT_CORRUPT');
    }
    const { code } = thrownBy(() => new HeapReader(null as never, 64, layout));
    expect(code).toBe('ERR_SEGFIT_ARG_TYPE');
  });
});
