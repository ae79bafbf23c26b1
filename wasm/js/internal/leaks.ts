// SPDX-License-Identifier: MIT
import type { Tracer } from './tracer.ts';

interface Allocation {
  readonly size: number;
  readonly where: string;
}

/** The most blocks that a report lists. */
const listed = 10;

/** What a debug pool says on the console of blocks that this realm took and nobody gave back. */
export class Leaks {
  readonly #label: string;
  readonly #isLive: (pointer: number) => boolean;
  readonly #live = new Map<number, Allocation>();
  readonly #owners: FinalizationRegistry<[number, Allocation]> | null;

  /** `isLive` tells whether a block is in use; it may throw where it would have to wait. */
  constructor(label: string, isLive: (pointer: number) => boolean) {
    this.#label = label;
    this.#isLive = isLive;
    this.#owners =
      typeof FinalizationRegistry === 'undefined'
        ? null
        : new FinalizationRegistry(([pointer, allocation]) => {
            if (this.#live.get(pointer) !== allocation || !this.#lives(pointer)) return;
            this.#live.delete(pointer);
            this.#warn('the view or object of a block was collected, and nobody freed the block', [
              [pointer, allocation],
            ]);
          });
  }

  readonly tell: Tracer = (kind, pointer, size, _align, previous) => {
    if (kind === 'reset') this.#live.clear();
    if (kind === 'free') this.#live.delete(pointer);
    if (kind === 'realloc') this.#live.delete(previous);
    if (kind !== 'alloc' && kind !== 'realloc') return;
    this.#live.set(pointer, { size, where: new Error('allocated').stack ?? '' });
  };

  /** Takes `owner` for all that keeps the block at `pointer` alive. */
  own(owner: object, pointer: number): void {
    const allocation = this.#live.get(pointer);
    if (allocation !== undefined) this.#owners?.register(owner, [pointer, allocation]);
  }

  /** When the pool ends. */
  report(): void {
    const left = [...this.#live].filter(([pointer]) => this.#lives(pointer));
    if (left.length > 0) this.#warn(`destroyed with ${left.length} blocks in use`, left);
  }

  /**
   * Whether the block is in use, which another realm may have ended. Also false where that cannot
   * be known at once: the end of a pool and a collected view must neither wait nor throw.
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
