// SPDX-License-Identifier: MIT
import type { Tracer } from './tracer.ts';

interface Allocation {
  readonly size: number;
  readonly where: string;
}

/** The maximum number of blocks in a report. */
const listed = 10;

/** Reports on the console the blocks of a debug pool that this realm allocated and nobody freed. */
export class Leaks {
  readonly #label: string;
  readonly #isLive: (pointer: number) => boolean;
  readonly #live = new Map<number, Allocation>();
  readonly #owners: FinalizationRegistry<[number, Allocation]> | null;

  /** `isLive` returns whether a block is in use. It may throw where it would have to wait. */
  constructor(label: string, isLive: (pointer: number) => boolean) {
    this.#label = label;
    this.#isLive = isLive;
    this.#owners =
      typeof FinalizationRegistry === 'undefined'
        ? null
        : new FinalizationRegistry(([pointer, allocation]) => {
            if (this.#live.get(pointer) !== allocation || !this.#lives(pointer)) return;
            this.#live.delete(pointer);
            this.#warn(
              'a block leaked: its view or object was collected before the block was freed',
              [[pointer, allocation]],
            );
          });
  }

  readonly trace: Tracer = (kind, pointer, size, _align, previous) => {
    if (kind === 'reset') this.#live.clear();
    if (kind === 'free') this.#live.delete(pointer);
    if (kind === 'realloc') this.#live.delete(previous);
    if (kind !== 'alloc' && kind !== 'realloc') return;
    this.#live.set(pointer, { size, where: new Error('allocated').stack ?? '' });
  };

  /** Reports the block at `pointer` if `owner` is collected before the block is freed. */
  own(owner: object, pointer: number): void {
    const allocation = this.#live.get(pointer);
    if (allocation !== undefined) this.#owners?.register(owner, [pointer, allocation]);
  }

  /** Reports the blocks in use at the end of the pool. */
  report(): void {
    const left = [...this.#live].filter(([pointer]) => this.#lives(pointer));
    if (left.length > 0)
      this.#warn(`the pool was destroyed with ${left.length} blocks in use`, left);
  }

  /**
   * Returns whether the block is in use; another realm may have freed it. Returns false if that
   * cannot be known at once: the end of a pool and a collected view must neither wait nor throw.
   */
  #lives(pointer: number): boolean {
    try {
      return this.#isLive(pointer);
    } catch {
      return false;
    }
  }

  #warn(what: string, blocks: [number, Allocation][]): void {
    const lines = blocks
      .slice(0, listed)
      .map(([pointer, { size, where }]) => `\n${size} bytes at ${pointer}, ${where}`);
    globalThis.console?.warn(`segfit: pool "${this.#label}": ${what}${lines.join('')}`);
  }
}
