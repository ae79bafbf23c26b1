// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pool } from 'segfit';

import { seed } from './helpers.ts';

/** The model: the live blocks, their sizes, and the byte that fills each. */
type Model = Map<number, { size: number; fill: number }>;

interface Run {
  readonly pool: Pool;
  readonly model: Model;
  /** Pointers to freed blocks whose header bytes no later block has covered. */
  readonly stale: Set<number>;
  allocs: number;
  fill: number;
}

/** Picks a live pointer, or 0 if no block is live. */
const pick = ({ model }: Run, at: number): number => [...model.keys()][at % (model.size || 1)] ?? 0;

function note(run: Run, pointer: number, size: number): void {
  const bytes = run.pool.view(pointer);
  expect(bytes.length).toBeGreaterThanOrEqual(size);
  run.fill = (run.fill % 255) + 1;
  bytes.fill(run.fill);
  run.model.set(pointer, { size: bytes.length, fill: run.fill });
  for (const old of run.stale) {
    if (old >= pointer && old < pointer + bytes.length + most) run.stale.delete(old);
  }
}

/** The maximum overhead of a block. */
const most = 40;

/** Records that the block at `pointer` was freed. */
function end(run: Run, pointer: number): void {
  run.model.delete(pointer);
  run.stale.add(pointer);
}

/** Returns whether the first `length` bytes at `pointer` are all `fill`. */
const holds = (pool: Pool, pointer: number, length: number, fill: number): boolean =>
  pool
    .view(pointer)
    .subarray(0, length)
    .every((byte) => byte === fill);

class Alloc implements fc.Command<Run, Run> {
  constructor(
    readonly size: number,
    readonly align: number,
    readonly zero: boolean,
  ) {}
  check = (): boolean => true;
  run(_: Run, run: Run): void {
    const { size, align, zero } = this;
    const sure = run.pool.canAlloc(size, align);
    const failures = run.pool.stats().failures;
    let pointer: number;
    if (zero) {
      try {
        pointer = run.pool.alloc(size, { align, zero });
        expect(holds(run.pool, pointer, size, 0)).toBe(true);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
        pointer = 0;
      }
    } else {
      pointer = run.pool.tryAlloc(size, align);
    }
    if (pointer === 0) {
      expect(sure).toBe(false);
      expect(run.pool.stats().failures).toBeGreaterThan(failures);
      return;
    }
    expect(pointer % align).toBe(0);
    expect(run.model.has(pointer)).toBe(false);
    run.allocs++;
    note(run, pointer, size);
  }
  toString = (): string => `alloc(${this.size}, ${this.align}, ${this.zero})`;
}

class Free implements fc.Command<Run, Run> {
  constructor(
    readonly at: number,
    readonly how: number,
  ) {}
  check = (run: Readonly<Run>): boolean => run.model.size > 0;
  run(_: Run, run: Run): void {
    const pointer = pick(run, this.at);
    if (this.how === 0) run.pool.free(run.pool.view(pointer));
    else if (this.how === 1) run.pool.freeDeferred(pointer);
    else run.pool.free(pointer);
    end(run, pointer);
  }
  toString = (): string => `free(#${this.at})`;
}

class Realloc implements fc.Command<Run, Run> {
  constructor(
    readonly at: number,
    readonly size: number,
  ) {}
  check = (run: Readonly<Run>): boolean => run.model.size > 0;
  run(_: Run, run: Run): void {
    const pointer = pick(run, this.at);
    const { size, fill } = run.model.get(pointer) ?? { size: 0, fill: 0 };
    let moved: number;
    try {
      moved = run.pool.realloc(pointer, this.size);
    } catch (error) {
      expect((error as { code?: string }).code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
      expect(holds(run.pool, pointer, size, fill)).toBe(true);
      return;
    }
    end(run, pointer);
    expect(holds(run.pool, moved, Math.min(size, this.size), fill)).toBe(true);
    if (moved !== pointer) run.allocs = run.pool.stats().allocs;
    note(run, moved, this.size);
  }
  toString = (): string => `realloc(#${this.at}, ${this.size})`;
}

class Resize implements fc.Command<Run, Run> {
  constructor(
    readonly at: number,
    readonly size: number,
  ) {}
  check = (run: Readonly<Run>): boolean => run.model.size > 0;
  run(_: Run, run: Run): void {
    const pointer = pick(run, this.at);
    const { size, fill } = run.model.get(pointer) ?? { size: 0, fill: 0 };
    const done = run.pool.tryResize(pointer, this.size);
    expect(holds(run.pool, pointer, done ? Math.min(size, this.size) : size, fill)).toBe(true);
    if (done) note(run, pointer, this.size);
    else expect(run.pool.sizeOf(pointer)).toBe(size);
  }
  toString = (): string => `tryResize(#${this.at}, ${this.size})`;
}

class AllocMany implements fc.Command<Run, Run> {
  constructor(
    readonly sizes: readonly number[],
    readonly align: number,
  ) {}
  check = (): boolean => true;
  run(_: Run, run: Run): void {
    const out = new Uint32Array(this.sizes.length).fill(1);
    const made = run.pool.allocMany(Uint32Array.from(this.sizes), out, this.align);
    expect(out.filter((pointer) => pointer !== 0)).toHaveLength(made);
    run.allocs += made;
    out.forEach((pointer, index) => {
      if (pointer === 0) return;
      expect(pointer % this.align).toBe(0);
      expect(run.model.has(pointer)).toBe(false);
      note(run, pointer, this.sizes[index] ?? 0);
    });
  }
  toString = (): string => `allocMany(${this.sizes}, ${this.align})`;
}

class FreeMany implements fc.Command<Run, Run> {
  constructor(readonly step: number) {}
  check = (run: Readonly<Run>): boolean => run.model.size > 0;
  run(_: Run, run: Run): void {
    const chosen = [...run.model.keys()].filter((_pointer, index) => index % this.step === 0);
    run.pool.freeMany(Uint32Array.from(chosen));
    for (const pointer of chosen) end(run, pointer);
  }
  toString = (): string => `freeMany(each ${this.step}.)`;
}

class Reset implements fc.Command<Run, Run> {
  check = (): boolean => true;
  run(_: Run, run: Run): void {
    run.pool.reset();
    for (const pointer of [...run.model.keys()]) end(run, pointer);
  }
  toString = (): string => 'reset()';
}

/** Uses a pointer to a freed block: the pool throws, and nothing changes. */
class Stale implements fc.Command<Run, Run> {
  constructor(
    readonly at: number,
    readonly how: number,
  ) {}
  check = (run: Readonly<Run>): boolean => run.stale.size > 0;
  run(_: Run, { pool, stale }: Run): void {
    const pointer = [...stale][this.at % stale.size] ?? 0;
    expect(pool.owns(pointer)).toBe(false);
    const uses = [
      () => pool.free(pointer),
      () => pool.realloc(pointer, 100),
      () => pool.tryResize(pointer, 8),
      () => pool.sizeOf(pointer),
      () => pool.view(pointer),
      () => pool.freeDeferred(pointer),
      () => pool.freeMany(Uint32Array.of(pointer)),
    ];
    // A link of a free block may lie where the header was.
    const code = expect.stringMatching(/^ERR_SEGFIT_(DOUBLE_FREE|POINTER)$/) as unknown;
    expect(uses[this.how % uses.length]).toThrow(expect.objectContaining({ code }));
  }
  toString = (): string => `stale(#${this.at}, ${this.how})`;
}

/** Returns the bytes of used blocks, headers included, according to the headers. */
function usedBytes(pool: Pool): number {
  const [flags, free] = [7, 1];
  let sum = 0;
  pool.snapshot().forEach((word, index) => {
    if (index % 2 === 1 && (word & free) === 0) sum += word - (word & flags);
  });
  return sum;
}

/**
 * Checks after every operation: blocks, statistics, invariants and every byte of every live block.
 */
function account({ pool, model, allocs }: Run): void {
  const blocks = [...pool.blocks()];
  const used = blocks.filter((block) => block.used);
  const expected = [...model].map(([pointer, { size }]) => ({ pointer, size, used: true, tag: 0 }));
  expect(used).toEqual(expected.sort((a, b) => a.pointer - b.pointer));
  for (const [pointer, { size, fill }] of model) {
    if (!holds(pool, pointer, size, fill)) throw new Error(`block ${pointer} was overwritten`);
  }
  const stats = pool.stats();
  const bytesUsed = usedBytes(pool);
  expect(stats).toMatchObject({
    used: bytesUsed,
    usedBlocks: used.length,
    freeBlocks: blocks.length - used.length,
    free: stats.capacity - bytesUsed,
    allocs,
    frees: allocs - used.length,
  });
  expect(stats.capacity + stats.overhead).toBe(pool.byteLength);
  expect(stats.peakUsed).toBeGreaterThanOrEqual(bytesUsed);
  expect(pool.check()).toEqual({ ok: true, problems: [] });
}

/** Adds the accounting to a command. */
const accounted = (command: fc.Command<Run, Run>): fc.Command<Run, Run> => ({
  check: (run) => command.check(run),
  run: (model, run) => {
    command.run(model, run);
    account(run);
  },
  toString: () => `${command}`,
});

const sizes = fc.oneof(
  { weight: 8, arbitrary: fc.nat(600) },
  { weight: 2, arbitrary: fc.nat(9000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 65535, 65536, 2 ** 31, 2 ** 32 - 1) },
);
const aligns = fc.constantFrom(1, 2, 4, 8, 8, 8, 16, 64, 1024);

const commands = fc.commands(
  [
    fc.tuple(sizes, aligns, fc.boolean()).map((args) => accounted(new Alloc(...args))),
    fc.tuple(sizes, aligns, fc.boolean()).map((args) => accounted(new Alloc(...args))),
    fc.tuple(fc.nat(), fc.nat(3)).map((args) => accounted(new Free(...args))),
    fc.tuple(fc.nat(), sizes).map((args) => accounted(new Realloc(...args))),
    fc.tuple(fc.nat(), sizes).map((args) => accounted(new Resize(...args))),
    fc
      .tuple(fc.array(sizes, { maxLength: 6 }), aligns)
      .map((args) => accounted(new AllocMany(...args))),
    fc.integer({ min: 1, max: 4 }).map((nth) => accounted(new FreeMany(nth))),
    fc.constant(accounted(new Reset())),
    fc.tuple(fc.nat(), fc.nat(6)).map((args) => accounted(new Stale(...args))),
    fc.tuple(fc.nat(), fc.nat(6)).map((args) => accounted(new Stale(...args))),
  ],
  { size: '+1', maxCommands: 80 },
);

/** A failure names its seed; `SEED=` repeats it. */
function play(make: () => Pool): void {
  const property = fc.property(commands, (list) => {
    const run: Run = { pool: make(), model: new Map(), stale: new Set(), allocs: 0, fill: 0 };
    // One state serves as model and real system: each command compares them itself.
    try {
      fc.modelRun(() => ({ model: run, real: run }), list);
    } finally {
      run.pool.destroy();
    }
  });
  fc.assert(property, { numRuns: 25, seed });
}

const inRegion = { byteOffset: 1000, byteLength: 16384 };

test('a pool matches a naive model after every operation', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  play(() => new Pool({ memory, ...inRegion }));
});

test('so does a pool that grows', () => {
  play(() => new Pool({ maxSize: 4 * 65536 }));
});

test('so does a shared pool', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  play(() => Pool.shared({ memory, ...inRegion }) as unknown as Pool);
});

test('so does a shared pool that grows', () => {
  play(() => Pool.shared({ maxSize: 4 * 65536 }) as unknown as Pool);
});

test('so does a pool with tags', () => {
  play(() => new Pool({ maxSize: 2 * 65536, tags: true }));
});

test('so does a pool with guards', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const silent = console.warn;
  console.warn = () => {};
  try {
    play(() => new Pool({ memory, ...inRegion, debug: true }));
  } finally {
    console.warn = silent;
  }
});
