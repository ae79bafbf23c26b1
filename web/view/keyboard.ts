// SPDX-License-Identifier: MIT
/** The keyboard shortcuts of the page, and the dialog that lists them. */
import { toggleComparison } from '../model/page/comparison.ts';
import type { Store } from '../model/page/store.ts';
import { make } from './dom.ts';

interface Key {
  /** The key of a keyboard event, with the prefixes `Shift+` and `Alt+`. */
  readonly key: string;
  readonly shown: string;
  readonly what: string;
  readonly act: (store: Store) => void;
}

const far = 100;

function focusOn(name: string): void {
  document.querySelector<HTMLInputElement>(`[data-action="${name}"]`)?.focus();
}

const keys: readonly Key[] = [
  { key: ' ', shown: 'Space', what: 'play or pause', act: (store) => store.togglePlay() },
  {
    key: 'ArrowRight',
    shown: '→',
    what: 'one call forward',
    act: (store) => store.stepOperation(1),
  },
  { key: 'ArrowLeft', shown: '←', what: 'one call back', act: (store) => store.stepOperation(-1) },
  {
    key: 'Shift+ArrowRight',
    shown: 'Shift →',
    what: 'one step forward',
    act: (store) => store.stepEvent(1),
  },
  {
    key: 'Shift+ArrowLeft',
    shown: 'Shift ←',
    what: 'one step back',
    act: (store) => store.stepEvent(-1),
  },
  {
    key: 'Alt+ArrowRight',
    shown: 'Alt →',
    what: `${far} calls forward`,
    act: (store) => store.seek(store.position.value.operation + far),
  },
  {
    key: 'Alt+ArrowLeft',
    shown: 'Alt ←',
    what: `${far} calls back`,
    act: (store) => store.seek(store.position.value.operation - far),
  },
  { key: 'Home', shown: 'Home', what: 'to the start', act: (store) => store.toStart() },
  { key: 'End', shown: 'End', what: 'to the end', act: (store) => store.toEnd() },
  { key: '[', shown: '[', what: 'the previous event', act: (store) => store.seekInterest(-1) },
  {
    key: ']',
    shown: ']',
    what: 'the next event: NULL, growth, peak, mark',
    act: (store) => store.seekInterest(1),
  },
  {
    key: 'g',
    shown: 'G',
    what: 'go to a call, an address, an id, a time',
    act: () => focusOn('jump'),
  },
  {
    key: '/',
    shown: '/',
    what: 'look for blocks: free, >1000, row:3 …',
    act: () => focusOn('filter'),
  },
  {
    key: 'c',
    shown: 'C',
    what: 'compare with another heap',
    act: (store) => toggleComparison(store),
  },
  {
    key: 'm',
    shown: 'M',
    what: 'mark this call, or remove its mark',
    act: (store) => store.toggleMark(),
  },
  { key: 'f', shown: 'F', what: 'free the selected block', act: (store) => store.freeSelected() },
];

const typing = 'input:not([type="range"]), select, textarea, [contenteditable]';
const pressed = 'button, summary, a';

/** Shortcuts of a single character can conflict with speech input, so they can be disabled. */
const storeName = 'segfit-single-signs';
let singleCharacters = true;

/** Returns the stored setting. The browser may deny access to storage. */
function recalled(): string | null {
  try {
    return localStorage.getItem(storeName);
  } catch {
    return null;
  }
}

function remember(text: string): void {
  try {
    localStorage.setItem(storeName, text);
  } catch {
    // The setting lasts until the page is closed.
  }
}

function singleCharactersBox(): HTMLElement {
  singleCharacters = recalled() !== 'off';
  const box = make('input', { type: 'checkbox', id: 'single-signs', checked: singleCharacters });
  box.addEventListener('change', () => {
    singleCharacters = box.checked;
    remember(box.checked ? 'on' : 'off');
  });
  return make('label', { class: 'check' }, box, ' Use single-character shortcuts');
}

/** Returns the closed dialog of shortcuts. */
export function keySheet(): HTMLDialogElement {
  const close = make('button', { type: 'button', class: 'primary' }, 'Close');
  const rows = [...keys, { shown: '?', what: 'this sheet' }].map(({ shown, what }) =>
    make('tr', {}, make('th', { scope: 'row' }, make('kbd', {}, shown)), make('td', {}, what)),
  );
  const sheet = make(
    'dialog',
    { 'aria-labelledby': 'keys-title' },
    make('h2', { id: 'keys-title' }, 'Keys'),
    make('table', {}, make('tbody', {}, ...rows)),
    make(
      'p',
      {},
      'In the matrix, a list or the map, arrows move from class to class and from block ' +
        'to block.',
    ),
    singleCharactersBox(),
    close,
  );
  close.addEventListener('click', () => sheet.close());
  return sheet;
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${event.shiftKey && key.length > 1 ? 'Shift+' : ''}${event.altKey ? 'Alt+' : ''}${key}`;
}

/**
 * Handles shortcuts on the whole page or in a shadow tree, except while the reader types or a
 * control uses the key. `storeNow` returns the run they act on; `?` opens `sheet`, if given.
 * Returns a function that ends this.
 */
export function listenToKeys(
  storeNow: () => Store,
  sheet: HTMLDialogElement | null,
  root: Document | ShadowRoot = document,
): () => void {
  const onKey = (event: Event): void => {
    if (!(event instanceof KeyboardEvent)) {
      return;
    }
    const target = event.target instanceof Element ? event.target : document.body;
    const other = event.ctrlKey || event.metaKey || event.defaultPrevented || sheet?.open === true;
    if (
      other ||
      target.matches(typing) ||
      (event.key === ' ' && target.closest(pressed) !== null)
    ) {
      return;
    }
    if (event.key.length === 1 && event.key !== ' ' && !singleCharacters) {
      return;
    }
    if (event.key === '?' && sheet !== null) {
      event.preventDefault();
      sheet.showModal();
      return;
    }
    const name = nameOf(event);
    const found = keys.find(({ key }) => key === name);
    if (found !== undefined) {
      event.preventDefault();
      found.act(storeNow());
    }
  };
  root.addEventListener('keydown', onKey);
  return () => root.removeEventListener('keydown', onKey);
}
