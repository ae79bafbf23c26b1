// SPDX-License-Identifier: MIT
/** Panels of a run further down the page, loaded after the first ones. */
import { SourceView } from './c_source.ts';
import { defineAll } from './dom.ts';
import { Findings } from './findings.ts';
import { FitsCurve } from './fits.ts';
import { MallocPanel } from './malloc.ts';
import { ManualCalls } from './manual_calls.ts';
import { SettingsForm } from './settings.ts';
import { Share } from './share.ts';
import { BlockTable } from './table.ts';
import { Timeline } from './timeline.ts';
import { WordsHistogram } from './word_counts.ts';

const panels = {
  'segfit-findings': Findings,
  'segfit-fits': FitsCurve,
  'segfit-hand': ManualCalls,
  'segfit-malloc': MallocPanel,
  'segfit-settings': SettingsForm,
  'segfit-share': Share,
  'segfit-source': SourceView,
  'segfit-table': BlockTable,
  'segfit-timeline': Timeline,
  'segfit-words': WordsHistogram,
};

export { animateSteps } from './step_animation.ts';

/** Defines the elements. */
export function defineLazyPanels(): void {
  defineAll(panels);
}

export const lazyPanelNames = Object.keys(panels);
