// SPDX-License-Identifier: MIT
/** Which blocks and classes a moment is about. */
import type { Classes } from './explain.ts';
import type { Execution } from './history.ts';
import type { HeapEvent } from './session.ts';

export interface Highlight {
  /** Header addresses of the blocks that this step reads or changes. */
  readonly blocks: readonly number[];
  /** Classes that this step changes. */
  readonly classes: readonly number[];
  /** Classes from `first` up to and with `last` that a search passes; null when none searches. */
  readonly search: { readonly first: number; readonly last: number } | null;
}

const NOTHING: Highlight = { blocks: [], classes: [], search: null };

function ofEvent(event: HeapEvent, classes: Classes): Highlight {
  const { kind, block, a, b } = event;
  const blocks = block === 0 ? [] : [block];
  switch (kind) {
    case 'map': {
      const index = classes.of(b);
      return { blocks, classes: [], search: index < 0 ? null : { first: index, last: index } };
    }
    case 'probe':
      return { blocks, classes: [], search: { first: a, last: a } };
    case 'search':
      return { blocks, classes: [], search: { first: a, last: b } };
    case 'take':
    case 'insert':
      return { blocks, classes: [b], search: null };
    case 'split':
      return { blocks: [block, block + a], classes: [], search: null };
    case 'merge':
      return { blocks: [block, block + a], classes: [], search: null };
    case 'move':
      return { blocks: [block, a], classes: [], search: null };
    default:
      return { blocks, classes: [], search: null };
  }
}

/**
 * What moment `moment` is about. The last one, after the operation, is about the block that the
 * program got, or else the free block that it made, and about every list that changed.
 */
export function highlightOf(execution: Execution, moment: number, classes: Classes): Highlight {
  const event = execution.moments[moment]?.event;
  if (event != null) {
    return ofEvent(event, classes);
  }
  const events = execution.moments.flatMap((each) => each.event ?? []);
  const used = events.filter(({ kind }) => kind === 'use').slice(-1);
  const inserted = events.filter(({ kind }) => kind === 'insert');
  const changed = events.filter(({ kind }) => kind === 'take' || kind === 'insert');
  if (changed.length + used.length === 0) {
    return NOTHING;
  }
  return {
    blocks: (used.length > 0 ? used : inserted).map(({ block: address }) => address),
    classes: [...new Set(changed.map(({ b: index }) => index))],
    search: null,
  };
}

/** The block to look at: that of this step, or else the one that the call comes to; 0 if none. */
export function focusOf(execution: Execution, moment: number, { blocks }: Highlight): number {
  if (blocks.length > 0) {
    return blocks[0]!;
  }
  const later = execution.moments
    .slice(moment)
    .find(({ event }) => event !== null && event.block !== 0);
  return later?.event?.block ?? 0;
}
