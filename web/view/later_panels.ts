// SPDX-License-Identifier: MIT
/** Panels of a run that stand further down the page: loaded once it plays. */
import { defineAll } from './dom.ts';
import { FitsCurve } from './fits.ts';
import { SettingsForm } from './settings.ts';
import { Share } from './share.ts';
import { SourceView } from './source.ts';
import { WordsHistogram } from './words.ts';

const panels = {
  'segfit-fits': FitsCurve,
  'segfit-settings': SettingsForm,
  'segfit-share': Share,
  'segfit-source': SourceView,
  'segfit-words': WordsHistogram,
};

export { showFlights } from './flight.ts';

/** Makes the elements known to the page. */
export function defineLaterPanels(): void {
  defineAll(panels);
}

export const laterPanelNames = Object.keys(panels);
