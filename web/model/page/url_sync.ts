// SPDX-License-Identifier: MIT
/** Converts between a store and the state in its URL. */
import { blockIndexOf } from '../heap/snapshot.ts';
import type { Trace } from '../run/operation.ts';
import { settingsFor } from '../run/settings.ts';
import { batch } from '../signal.ts';
import type { Store } from './store.ts';
import { changedSettings, type UrlState } from './url_state.ts';

/**
 * Returns the URL state of the present moment. `own` is a trace that the URL need not contain, or
 * null.
 */
export function urlStateOf(store: Store, own: Trace | null, chapter = 0): UrlState {
  const { operations } = store.history;
  const { title } = store.trace.value;
  const isOwn =
    own !== null && store.trace.value === own && operations.length === own.operations.length;
  const usual = settingsFor(operations);
  const [first, second] = store.worlds.value;
  return {
    position: store.position.value,
    selected: store.selected.value,
    selectedClass: store.selectedClass.value,
    lens: store.lens.value,
    settings: changedSettings(first!.settings, usual),
    other: second === undefined ? null : changedSettings(second.settings, usual),
    trace: isOwn || operations.length === 0 ? null : { title, operations },
    chapter,
  };
}

/** Restores a URL state in a store as far as possible. Returns the problems, a sentence each. */
export function restoreUrlState(store: Store, state: UrlState): string[] {
  const problems: string[] = [];
  const attempt = (part: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof RangeError)) {
        throw error;
      }
      problems.push(`${part} of this address: ${error.message}.`);
    }
  };
  batch(() => {
    if (state.trace !== null) {
      store.load({ ...state.trace, meta: {} });
    }
    const usual = settingsFor(store.history.operations);
    if (Object.keys(state.settings).length > 0) {
      attempt('The heap', () => store.configure(0, { ...usual, ...state.settings }));
    }
    if (state.other !== null) {
      attempt('The second heap', () => store.compareWith({ ...usual, ...state.other }));
    }
    if (state.position !== null) {
      store.seekMoment(state.position.operation, state.position.moment);
    }
    restoreSelection(store, state);
  });
  return problems;
}

function restoreSelection(store: Store, { selected, selectedClass, lens }: UrlState): void {
  const { blocks, rows, columns } = store.snapshot.value;
  if (selected !== 0 && blockIndexOf(blocks, selected) >= 0) {
    store.select(selected);
  }
  if (selectedClass >= 0 && selectedClass < rows * columns) {
    store.selectedClass.value = selectedClass;
  }
  store.lens.value = lens;
}
