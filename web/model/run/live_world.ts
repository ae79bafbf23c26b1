// SPDX-License-Identifier: MIT
/** A world that shows the heap of another running program. */
import { type Classes, classesOf } from '../heap/classes.ts';
import type { LiveHeap } from '../heap/live_heap.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import { computed, type ReadonlySignal, type Signal, signal } from '../signal.ts';
import { type Highlight, nothing } from './highlight.ts';
import type { Extent, World } from './world.ts';

/** The share by which a map is longer than its heap, so that not every growth changes the scale. */
const spare = 1 / 8;

export class LiveWorld implements World {
  readonly #live: LiveHeap;
  readonly snapshot: Signal<Snapshot>;
  readonly highlight: ReadonlySignal<Highlight> = signal(nothing);
  readonly extent: ReadonlySignal<Extent>;
  readonly classes: Classes;
  /** The end of the map, beyond the heap's end, so that it seldom changes. */
  readonly #end = signal(0);

  /** `modules` holds segfit.wasm for one alignment or more, which maps sizes to classes. */
  constructor(live: LiveHeap, modules: readonly WebAssembly.Module[]) {
    this.#live = live;
    this.snapshot = signal(live.snapshot);
    const { rows, columns, layout } = live.snapshot;
    this.classes = classesOf(modules, { rows, columns, align: layout.align });
    const begin = computed(() => this.snapshot.value.begin);
    this.extent = computed(() => ({ begin: begin.value, end: this.#end.value }));
    this.#show();
  }

  /** Reads the memory again; call it once a frame. Returns whether the heap has changed. */
  refresh(): boolean {
    const changed = this.#live.refresh();
    if (changed) {
      this.#show();
    }
    return changed;
  }

  /** Reads every block at once, for an exact picture of a stopped program. */
  refreshAll(): void {
    this.#live.refreshAll();
    this.#show();
  }

  /** The program's calls are unknown. */
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
