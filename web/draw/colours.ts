// SPDX-License-Identifier: MIT
/** The colours of style.css for canvas drawing, resolved for the current colour scheme. */
import { type ReadonlySignal, signal, type Signal } from '../model/signal.ts';
import { fromComputed } from './colour_contrast.ts';
import { type Colour, kinds, type Palette } from './raster.ts';

type Root = Document | ShadowRoot;

export interface Colours {
  readonly palette: Palette;
  /** For text and outlines. */
  readonly ink: string;
  readonly onUsed: string;
  readonly onFree: string;
  readonly quiet: string;
}

const properties: Readonly<Record<keyof Palette, string>> = {
  outside: '--page',
  control: '--control',
  header: '--header',
  free: '--free',
  used: '--used',
  slack: '--slack',
  touchedFree: '--touched-free',
  touchedUsed: '--touched',
  edge: '--edge',
};

/** Reads colours through an element, since light-dark() is resolved only in a used property. */
function read(root: Root): Colours {
  const probe = document.createElement('span');
  probe.className = 'colour-probe';
  (root instanceof Document ? root.body : root).append(probe);
  const resolve = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const entries = [...kinds, 'edge' as const].map((kind): [string, Colour] => [
    kind,
    fromComputed(resolve(properties[kind])),
  ]);
  const colours = {
    palette: Object.fromEntries(entries) as unknown as Palette,
    ink: resolve('--ink'),
    onUsed: resolve('--on-used'),
    onFree: resolve('--on-free'),
    quiet: resolve('--quiet'),
  };
  probe.remove();
  return colours;
}

const queries = [
  '(prefers-color-scheme: dark)',
  '(forced-colors: active)',
  '(prefers-contrast: more)',
];

const known = new WeakMap<Node, Signal<Colours>>();

/** Returns the colours of an element's tree. The value changes with the reader's colour scheme. */
export function colours(within: Element): ReadonlySignal<Colours> {
  const root = within.getRootNode() as Root;
  const found = known.get(root);
  if (found !== undefined) {
    return found;
  }
  const current = signal(read(root));
  known.set(root, current);
  queries.forEach((query) =>
    matchMedia(query).addEventListener('change', () => refreshColours(root)),
  );
  return current;
}

/** Updates the colours of a tree after its scheme was changed by other means than the reader's. */
export function refreshColours(root: Root): void {
  const current = known.get(root);
  if (current !== undefined) {
    current.value = read(root);
  }
}
