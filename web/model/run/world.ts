// SPDX-License-Identifier: MIT
/** One heap to show, whatever the source of its bytes. */
import type { Classes } from '../heap/classes.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import type { ReadonlySignal } from '../signal.ts';
import type { Highlight } from './highlight.ts';

/** The allocation that a used block belongs to. */
export interface Owner {
  /** The requested size in bytes. */
  readonly requested: number;
  /** The number of the call that made the block, from 1; 0 if unknown. */
  readonly operation: number;
}

/** A range of addresses. */
export interface Extent {
  readonly begin: number;
  readonly end: number;
}

export interface World {
  /** The current heap; changes with it. */
  readonly snapshot: ReadonlySignal<Snapshot>;
  /** The items of the current step. */
  readonly highlight: ReadonlySignal<Highlight>;
  readonly classes: Classes;
  /** The range of the heap at its largest, so that the map keeps its scale. */
  readonly extent: ReadonlySignal<Extent>;
  /** Returns the allocation of the used block at `header`; null if unknown. */
  ownerOf(header: number): Owner | null;
  /** Returns the header of the live block that a call made; 0 if it was freed or is unknown. */
  blockOf(operation: number): number;
}
