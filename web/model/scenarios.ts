// SPDX-License-Identifier: MIT
/**
 * Short runs that show what an allocator is weak or strong at. They are made with the allocator itself:
 * what is left free is asked, not known.
 */
import { policies } from 'segfit/core';

import { type Build, buildFor, createAllocator } from './allocator.ts';
import type { Operation, Trace } from './operation.ts';
import type { Settings } from './settings.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

export interface Scene {
  readonly trace: Trace;
  readonly settings: Settings;
  /** The call to look at first. */
  readonly at: number;
}

interface Plan extends Scenario {
  readonly settings: Partial<Settings>;
  readonly write: (script: Script) => void;
}

const kibibyte = 1024;

const usual: Settings = {
  size: 16 * kibibyte,
  limit: 16 * kibibyte,
  step: 4 * kibibyte,
  columns: 16,
  policy: policies.probe,
  align: 8,
  pools: 1,
};

/** Writes down calls while a heap executes them. */
class Script {
  readonly operations: Operation[] = [];
  /** The call to look at first; the last one if none is chosen. */
  at = 0;
  readonly #pointers = new Map<number, number>();
  readonly #allocator;
  readonly #heap: number;

  constructor(builds: readonly Build[], { size, limit, columns, policy, align }: Settings) {
    const { allocator } = createAllocator(buildFor(builds, align), limit);
    this.#allocator = allocator;
    this.#heap = allocator.init(allocator.base, size, columns, limit, policy);
  }

  malloc(size: number, align = 0): number {
    const id = this.operations.length + 1;
    this.operations.push({ kind: 'malloc', id, size, align, zero: false });
    const pointer =
      align === 0
        ? this.#allocator.alloc(this.#heap, size)
        : this.#allocator.allocAligned(this.#heap, align, size);
    this.#pointers.set(id, pointer);
    return id;
  }

  free(id: number): void {
    this.operations.push({ kind: 'free', id });
    const pointer = this.#pointers.get(id) ?? 0;
    if (pointer !== 0) {
      this.#allocator.free(this.#heap, pointer);
    }
  }

  /** What is surely to be had at once. */
  get sure(): number {
    return this.#allocator.surelyFree(this.#heap);
  }

  /** Takes all that is free, the largest first. */
  fill(): void {
    while (this.sure > 0) {
      this.malloc(this.sure);
    }
  }

  /** The next call is the one to look at. */
  mark(): void {
    this.at = this.operations.length + 1;
  }
}

const plans: readonly Plan[] = [
  {
    name: 'huge',
    title: 'Huge block, tiny request',
    what: 'The smallest request and one block of a megabyte: the farthest that a search has to go.',
    settings: { size: 1024 * kibibyte, limit: 1024 * kibibyte },
    write(script) {
      script.mark();
      const first = script.malloc(1);
      script.malloc(1);
      script.free(first);
    },
  },
  {
    name: 'sandwiched',
    title: 'Free between two holes',
    what: 'The most work that a free can be: both neighbours are free and merge.',
    settings: {},
    write(script) {
      const [left, middle, right] = [script.malloc(400), script.malloc(200), script.malloc(600)];
      script.malloc(100);
      script.free(left);
      script.free(right);
      script.mark();
      script.free(middle);
    },
  },
  {
    name: 'comb',
    title: 'Comb',
    what: 'Every second block is freed: half of the heap is free, and nothing larger fits.',
    settings: {},
    write(script) {
      const ids: number[] = [];
      while (script.sure >= 240) {
        ids.push(script.malloc(240));
      }
      script.fill();
      ids.filter((_, index) => index % 2 === 0).forEach((id) => script.free(id));
      script.mark();
      script.malloc(300);
    },
  },
  {
    name: 'edge',
    title: 'Class edge',
    what: 'Stock search: one hole of 1,040 bytes, and a request that would fit into it gets NULL.',
    settings: { policy: policies.stock },
    write(script) {
      const hole = script.malloc(1036);
      script.fill();
      script.free(hole);
      script.mark();
      script.malloc(1030);
      script.malloc(1020);
    },
  },
  {
    name: 'sawtooth',
    title: 'Sawtooth',
    what: 'Each wave needs more than the one before, and one small block of each stays behind.',
    settings: { limit: 128 * kibibyte },
    write(script) {
      for (let wave = 1; wave <= 12; wave++) {
        const ids = Array.from({ length: 12 }, () => script.malloc(wave * 160));
        script.malloc(40);
        ids.forEach((id) => script.free(id));
      }
      script.at = 40;
    },
  },
  {
    name: 'aligned',
    title: 'Aligned holes',
    what: 'Blocks aligned to 256 bytes leave a hole before each; small requests fill them later.',
    settings: {},
    write(script) {
      for (let each = 0; each < 20; each++) {
        script.malloc(64 + 8 * (each % 5), 256);
      }
      script.at = 6;
      for (let each = 0; each < 20; each++) {
        script.malloc(48);
      }
    },
  },
];

export const scenarios: readonly Scenario[] = plans;

/** Makes the scenario of that name. */
export function sceneOf(name: string, builds: readonly Build[]): Scene {
  const plan = plans.find((each) => each.name === name) ?? plans[0]!;
  const settings = { ...usual, ...plan.settings };
  const script = new Script(builds, settings);
  plan.write(script);
  const { operations, at } = script;
  const meta = { scenario: plan.name, text: plan.what };
  return {
    trace: { title: plan.title, meta, operations },
    settings,
    at: at === 0 ? operations.length : Math.min(at, operations.length),
  };
}
