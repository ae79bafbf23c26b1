// SPDX-License-Identifier: MIT
/** The functions of `segfit/view`. */
import type { SegfitViewElement, WatchedHeap } from './api.ts';
import { SegfitView } from './view.ts';

const tag = 'segfit-view';

/** Makes `<segfit-view>` known to the page. Does nothing the second time. */
export function defineView(): void {
  if (customElements.get(tag) === undefined) {
    customElements.define(tag, SegfitView);
  }
}

/**
 * Shows the heap of a program that runs, in a new `<segfit-view>` at the end of `parent`. The program
 * is only read. Rejects where there is no heap to be read; nothing is added then.
 */
export async function attach(
  source: WatchedHeap,
  parent: Element = document.body,
): Promise<SegfitViewElement> {
  defineView();
  const view = document.createElement(tag) as SegfitView;
  parent.append(view);
  try {
    await view.attach(source);
  } catch (error) {
    view.remove();
    throw error;
  }
  return view;
}
