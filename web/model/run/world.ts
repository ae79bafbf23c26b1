// SPDX-License-Identifier: MIT
/** One heap to look at, wherever its bytes come from. */
import type { Classes } from '../heap/classes.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import type { ReadonlySignal } from '../signal.ts';
import type { Highlight } from './highlight.ts';

/** What is known of a used block besides its bytes. */
export interface Owner {
  /** Bytes that the program asked for. */
  readonly requested: number;
  /** The call that made the block, counted from 1; 0 where calls are not known. */
  readonly operation: number;
}

/** Addresses that a map spans. */
export interface Extent {
  readonly begin: number;
  readonly end: number;
}

export interface World {
  /** The heap as it is; read anew whenever it changes. */
  readonly snapshot: ReadonlySignal<Snapshot>;
  /** What the present step is about. */
  readonly highlight: ReadonlySignal<Highlight>;
  readonly classes: Classes;
  /** As long as the heap ever is, so that a map does not jump. */
  readonly extent: ReadonlySignal<Extent>;
  /** What is known of the used block whose header is at `header`; null if nothing is. */
  ownerOf(header: number): Owner | null;
  /** The header of the block that a call made, if it is alive; 0 if it is not, or unknown. */
  blockOf(operation: number): number;
}
