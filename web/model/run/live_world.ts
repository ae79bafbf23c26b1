// SPDX-License-Identifier: MIT
/** A world whose heap another program works with. */
import { type Classes, classesOf } from '../heap/classes.ts';
import type { LiveHeap } from '../heap/live_heap.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import { computed, type ReadonlySignal, type Signal, signal } from '../signal.ts';
import { type Highlight, nothing } from './highlight.ts';
import type { Extent, World } from './world.ts';

/** A map is made longer than its heap by this share, so that not each growth moves everything. */
const spare = 1 / 8;

export class LiveWorld implements World {
  readonly #live: LiveHeap;
  readonly snapshot: Signal<Snapshot>;
  readonly highlight: ReadonlySignal<Highlight> = signal(nothing);
  readonly extent: ReadonlySignal<Extent>;
  readonly classes: Classes;
  /** The end that the map is made for: beyond the heap's, so that it seldom changes. */
  readonly #end = signal(0);

  /** `modules`: segfit.wasm for one alignment or more, which knows what class a size belongs to. */
  constructor(live: LiveHeap, modules: readonly WebAssembly.Module[]) {
    this.#live = live;
    this.snapshot = signal(live.snapshot);
    const { rows, columns, layout } = live.snapshot;
    this.classes = classesOf(modules, { rows, columns, align: layout.align });
    const begin = computed(() => this.snapshot.value.begin);
    this.extent = computed(() => ({ begin: begin.value, end: this.#end.value }));
    this.#show();
  }

  /** Looks at the memory again; to be called once a frame. True if something has changed. */
  refresh(): boolean {
    const changed = this.#live.refresh();
    if (changed) {
      this.#show();
    }
    return changed;
  }

  /** Looks at every block now, for those who stop and want to be exact. */
  refreshAll(): void {
    this.#live.refreshAll();
    this.#show();
  }

  /** The program's calls are not seen, only what they leave. */
  ownerOf(): null {
    return null;
  }

  blockOf(): number {
    return 0;
  }

  #show(): void {
    const { snapshot } = this.#live;
    if (snapshot.end > this.#end.value) {
      const span = snapshot.end - snapshot.begin;
      this.#end.value = snapshot.end + Math.floor(span * spare);
    }
    this.snapshot.value = snapshot;
  }
}
