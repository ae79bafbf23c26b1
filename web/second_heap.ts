// SPDX-License-Identifier: MIT
/** The panels of the second heap, shown while two heaps are compared. */
import { toggleComparison } from './model/page/comparison.ts';
import type { Store } from './model/page/store.ts';
import { effect } from './model/signal.ts';
import { make, type Panel } from './view/dom.ts';

function section(title: string, text: string, ...children: HTMLElement[]): HTMLElement {
  return make(
    'section',
    { class: 'panel', 'aria-label': title },
    make('div', { class: 'panel-head row' }, make('h2', {}, title), make('p', {}, text)),
    ...children,
  );
}

function layOut(): HTMLElement[] {
  const panel = (name: string, world = 1): HTMLElement =>
    make(`segfit-${name}` as 'div', { world, 'data-panel': true });
  const heap = section(
    'The second heap, B',
    'The same calls, at the same moment. A selection in one heap appears in both.',
    panel('settings'),
    panel('caption'),
    panel('map'),
    make(
      'div',
      { class: 'columns' },
      panel('matrix'),
      make('div', {}, panel('list'), panel('block')),
    ),
  );
  const difference = section(
    'A and B',
    'Each line shows A above and B below. Bytes that only one heap uses stand out in its half.',
    panel('compare', 0),
  );
  return [difference, heap];
}

/** Lets `button` toggle the comparison. `place` is empty while there is one heap. */
export function offerComparison(store: Store, button: HTMLElement, place: HTMLElement): void {
  button.addEventListener('click', () => toggleComparison(store));
  let shown = false;
  const show = async (): Promise<void> => {
    // Loaded when two heaps are first compared.
    const [{ defineComparison }, { defineLazyPanels }] = await Promise.all([
      import('./view/compare.ts'),
      import('./view/lazy_panels.ts'),
    ]);
    defineComparison();
    defineLazyPanels();
    if (shown) {
      place.replaceChildren(...layOut());
      place.querySelectorAll<Panel>('[data-panel]').forEach((panel) => {
        panel.store = store;
      });
    }
  };
  effect(() => {
    const wanted = store.worlds.value.length > 1;
    button.setAttribute('aria-pressed', String(wanted));
    if (wanted && !shown) {
      shown = true;
      void show();
    } else if (!wanted) {
      shown = false;
      place.replaceChildren();
    }
  });
}
