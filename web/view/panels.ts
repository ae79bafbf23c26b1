// SPDX-License-Identifier: MIT
/**
 * All panels and the names of their elements. docs/visualizer.md says what a panel is given; those of
 * `heapPanels` need a stage, those of `runPanels` a store.
 */
import { BlockCard } from './block.ts';
import { Caption } from './caption.ts';
import { Comparison } from './compare.ts';
import { FitsCurve } from './fits.ts';
import { Hand } from './hand.ts';
import { FreeList } from './list.ts';
import { HeapMap } from './map.ts';
import { Matrix } from './matrix.ts';
import { Ruler } from './ruler.ts';
import { SettingsForm } from './settings.ts';
import { SourceView } from './source.ts';
import { Share } from './share.ts';
import { DetailStrip } from './strip.ts';
import { BlockTable } from './table.ts';
import { Timeline } from './timeline.ts';
import { Transport } from './transport.ts';
import { WhyNull } from './why.ts';
import { WordsHistogram } from './words.ts';

export const heapPanels = {
  'segfit-block': BlockCard,
  'segfit-list': FreeList,
  'segfit-map': HeapMap,
  'segfit-matrix': Matrix,
  'segfit-share': Share,
  'segfit-strip': DetailStrip,
  'segfit-table': BlockTable,
};

export const runPanels = {
  'segfit-caption': Caption,
  'segfit-compare': Comparison,
  'segfit-fits': FitsCurve,
  'segfit-hand': Hand,
  'segfit-ruler': Ruler,
  'segfit-settings': SettingsForm,
  'segfit-source': SourceView,
  'segfit-timeline': Timeline,
  'segfit-transport': Transport,
  'segfit-why': WhyNull,
  'segfit-words': WordsHistogram,
};

const panels = { ...heapPanels, ...runPanels };

/** Makes the elements known to the page; those that it knows already stay. */
export function definePanels(): void {
  for (const [name, panel] of Object.entries(panels)) {
    if (customElements.get(name) === undefined) {
      customElements.define(name, panel);
    }
  }
}

export const panelNames = Object.keys(panels);
