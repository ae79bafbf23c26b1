// SPDX-License-Identifier: MIT
/**
 * Reactive values that track their readers. An effect runs as soon as a value that it read changes.
 */

export interface ReadonlySignal<T> {
  readonly value: T;
}

export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}

interface Reader {
  readonly sources: Set<Set<Reader>>;
  notify(): void;
}

let active: Reader | null = null;
let depth = 0;
const waiting = new Set<() => void>();

function track(readers: Set<Reader>): void {
  if (active !== null) {
    readers.add(active);
    active.sources.add(readers);
  }
}

function runAs<T>(reader: Reader, body: () => T): T {
  for (const readers of reader.sources) {
    readers.delete(reader);
  }
  reader.sources.clear();
  const outer = active;
  active = reader;
  try {
    return body();
  } finally {
    active = outer;
  }
}

/** Delays effects until `body` returns, so that several changes are drawn once. */
export function batch(body: () => void): void {
  depth++;
  try {
    body();
  } finally {
    if (--depth === 0) {
      for (const run of waiting) {
        waiting.delete(run);
        run();
      }
    }
  }
}

export function signal<T>(initial: T): Signal<T> {
  const readers = new Set<Reader>();
  let current = initial;
  return {
    get value() {
      track(readers);
      return current;
    },
    set value(next: T) {
      if (!Object.is(next, current)) {
        current = next;
        batch(() => [...readers].forEach((reader) => reader.notify()));
      }
    },
  };
}

/**
 * Returns a value derived from others. It is computed again only when it is read after one of them
 * changed.
 */
export function computed<T>(make: () => T): ReadonlySignal<T> {
  const readers = new Set<Reader>();
  let current: T;
  let stale = true;
  const reader: Reader = {
    sources: new Set(),
    notify() {
      if (!stale) {
        stale = true;
        [...readers].forEach((each) => each.notify());
      }
    },
  };
  return {
    get value() {
      track(readers);
      if (stale) {
        current = runAs(reader, make);
        stale = false;
      }
      return current;
    },
  };
}

/** Runs `body` now and whenever a value that it read changes. Returns a function that ends this. */
export function effect(body: () => void): () => void {
  let ended = false;
  const run = (): void => {
    if (!ended) {
      runAs(reader, body);
    }
  };
  const reader: Reader = { sources: new Set(), notify: () => waiting.add(run) };
  run();
  return () => {
    ended = true;
    reader.sources.forEach((readers) => readers.delete(reader));
  };
}
