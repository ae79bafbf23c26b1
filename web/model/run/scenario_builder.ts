// SPDX-License-Identifier: MIT
/** Builds the scenarios by running the allocator, which tells how much memory is still free. */
import { policies } from 'segfit/core';

import { type Build, buildFor, createAllocator } from '../heap/allocator.ts';
import type { Operation, Trace } from './operation.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';
import type { Settings } from './settings.ts';

export interface BuiltScenario {
  readonly trace: Trace;
  readonly settings: Settings;
  /** The call to show first. */
  readonly at: number;
}

interface Plan {
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

/** Records calls while a heap executes them. */
class Script {
  readonly operations: Operation[] = [];
  /** The call to show first; the last one by default. */
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

  /** The guaranteed allocation. */
  get guaranteed(): number {
    return this.#allocator.guaranteedAllocation(this.#heap);
  }

  /** Allocates all free memory, the largest pieces first. */
  fill(): void {
    while (this.guaranteed > 0) {
      this.malloc(this.guaranteed);
    }
  }

  /** Marks the next call as the one to show first. */
  mark(): void {
    this.at = this.operations.length + 1;
  }
}

const plans: Readonly<Record<ScenarioName, Plan>> = {
  huge: {
    settings: { size: 1024 * kibibyte, limit: 1024 * kibibyte },
    write(script) {
      script.mark();
      const first = script.malloc(1);
      script.malloc(1);
      script.free(first);
    },
  },
  sandwiched: {
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
  comb: {
    settings: {},
    write(script) {
      const ids: number[] = [];
      while (script.guaranteed >= 240) {
        ids.push(script.malloc(240));
      }
      script.fill();
      ids.filter((_, index) => index % 2 === 0).forEach((id) => script.free(id));
      script.mark();
      script.malloc(300);
    },
  },
  edge: {
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
  sawtooth: {
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
  aligned: {
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
};

/** Builds a scenario. */
export function buildScenario(name: ScenarioName, builds: readonly Build[]): BuiltScenario {
  const { settings: special, write } = plans[name];
  const { title, what } = scenarios.find((each) => each.name === name)!;
  const settings = { ...usual, ...special };
  const script = new Script(builds, settings);
  write(script);
  const { operations, at } = script;
  return {
    trace: { title, meta: { scenario: name, text: what }, operations },
    settings,
    at: at === 0 ? operations.length : Math.min(at, operations.length),
  };
}
