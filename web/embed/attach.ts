// SPDX-License-Identifier: MIT
/** The functions of `segfit/view`; api.d.ts documents them. */
import type * as Api from './api.d.ts';
import { SegfitView } from './view.ts';

const tag = 'segfit-view';

export const defineView: typeof Api.defineView = () => {
  // Node has no elements, but a server and a page may share a program.
  if (globalThis.customElements?.get(tag) === undefined) {
    globalThis.customElements?.define(tag, SegfitView);
  }
};

export const attach: typeof Api.attach = async (source, parent = document.body) => {
  defineView();
  const view = document.createElement(tag);
  parent.append(view);
  try {
    await view.attach(source);
  } catch (error) {
    view.remove();
    throw error;
  }
  return view;
};
