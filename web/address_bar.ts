// SPDX-License-Identifier: MIT
/** Keeps the page's URL and its state equal. */
import type { Store } from './model/page/store.ts';
import {
  type UrlState,
  readUrlState,
  unknownInQuery,
  writeUrlState,
} from './model/page/url_state.ts';
import { urlStateOf, restoreUrlState } from './model/page/url_sync.ts';
import type { Trace } from './model/run/operation.ts';
import { effect } from './model/signal.ts';

export interface AddressBar {
  readonly store: Store;
  /** The page's own trace. */
  readonly own: Trace;
  readonly openChapter: (chapter: number) => void;
  /** Receives the unreadable parts of a URL. */
  readonly report: (problems: readonly string[]) => void;
}

/**
 * The minimum interval in milliseconds. Browsers refuse pages that change their URL much more
 * often.
 */
const mostOften = 300;

export function keepAddress({ store, own, openChapter, report }: AddressBar): void {
  let chapter = 0;
  /** The fragment written since the last URL was read. */
  let written: string | null = null;
  /** The fragment when it was last read or written. */
  let known = location.hash;

  const follow = (): void => {
    known = location.hash;
    written = null;
    const { state, problems } = readUrlState(location.hash);
    chapter = state.chapter;
    openChapter(chapter);
    const restored = chapter === 0 ? restoreUrlState(store, state) : [];
    const more = [...unknownInQuery(location.search), ...restored];
    if (chapter > 0) {
      store.playing.value = false;
    }
    if (problems.length + more.length > 0) {
      report([...problems, ...more]);
    }
  };

  const write = (): void => {
    // The URL has just changed; its event will follow.
    const overtaken = location.hash !== known;
    if (chapter > 0 || store.playing.value || overtaken) {
      return;
    }
    const state: UrlState = urlStateOf(store, own);
    const untouched = state.position?.operation === 0 && state.trace === null;
    const text = untouched ? '' : writeUrlState(state);
    if (text !== written && (text !== '' || location.hash !== '')) {
      written = text;
      history.replaceState(
        null,
        '',
        text === '' ? location.pathname + location.search : `#${text}`,
      );
      known = location.hash;
    }
  };

  const writeSoon = throttled(write, mostOften);
  addEventListener('hashchange', () => {
    if (location.hash !== known) {
      follow();
    }
  });
  follow();
  effect(() => {
    void store.worlds.value;
    void store.position.value;
    void store.selected.value;
    void store.selectedClass.value;
    void store.lens.value;
    void store.history;
    if (!store.playing.value) {
      writeSoon();
    }
  });
}

/**
 * Returns a function that calls `act` at once, or as soon as `every` milliseconds have passed since
 * the last call.
 */
function throttled(act: () => void, every: number): () => void {
  let waiting = false;
  let last = -Infinity;
  const run = (): void => {
    waiting = false;
    last = performance.now();
    act();
  };
  return () => {
    if (waiting) {
      return;
    }
    const due = last + every - performance.now();
    waiting = true;
    if (due <= 0) {
      queueMicrotask(run);
    } else {
      setTimeout(run, due);
    }
  };
}
