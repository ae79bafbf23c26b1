// SPDX-License-Identifier: MIT
/** All panels and the names of their elements. */
import { BlockCard } from './block.ts';
import { Caption } from './caption.ts';
import { Hand } from './hand.ts';
import { FreeList } from './list.ts';
import { HeapMap } from './map.ts';
import { Matrix } from './matrix.ts';
import { BlockTable } from './table.ts';
import { Transport } from './transport.ts';

const panels = {
  'segfit-block': BlockCard,
  'segfit-caption': Caption,
  'segfit-hand': Hand,
  'segfit-list': FreeList,
  'segfit-map': HeapMap,
  'segfit-matrix': Matrix,
  'segfit-table': BlockTable,
  'segfit-transport': Transport,
};

/** Makes the elements known to the page. */
export function definePanels(): void {
  for (const [name, panel] of Object.entries(panels)) {
    customElements.define(name, panel);
  }
}

export const panelNames = Object.keys(panels);
