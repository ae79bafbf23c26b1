// SPDX-License-Identifier: MIT
/**
 * The panels and the names of their elements. docs/visualizer.md describes what a panel receives:
 * those of `heapPanels` need a stage, those of `runPanels` a store. lazy_panels.ts has the panels
 * that the page loads later.
 */
import { BlockCard } from './block.ts';
import { Caption } from './caption.ts';
import { defineAll } from './dom.ts';
import { FreeList } from './list.ts';
import { HeapMap } from './map.ts';
import { Matrix } from './matrix.ts';
import { Ruler } from './ruler.ts';
import { Search } from './search.ts';
import { DetailStrip } from './strip.ts';
import { Transport } from './transport.ts';
import { WhyNull } from './why.ts';

export const heapPanels = {
  'segfit-block': BlockCard,
  'segfit-list': FreeList,
  'segfit-map': HeapMap,
  'segfit-matrix': Matrix,
  'segfit-strip': DetailStrip,
};

export const runPanels = {
  'segfit-caption': Caption,
  'segfit-ruler': Ruler,
  'segfit-search': Search,
  'segfit-transport': Transport,
  'segfit-why': WhyNull,
};

const panels = { ...heapPanels, ...runPanels };

/** Defines the elements. */
export function definePanels(): void {
  defineAll(panels);
}

export const panelNames = Object.keys(panels);
