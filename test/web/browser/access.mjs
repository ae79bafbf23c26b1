// SPDX-License-Identifier: MIT
/** Checks that axe finds no fault in any state of the page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { resize } from './page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(visit) {
  // Disable transitions, since a colour in transition has no fixed contrast.
  await visit.page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished)),
  );
  await visit.page.evaluate(axe);
  // Wait for the end of transitions, since a colour in transition has no fixed contrast.
  await visit.page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map(({ finished }) => finished)),
  );
  // axe cannot decide about colours over pictures; colour_contrast.test.ts does.
  const found = await visit.page.evaluate(() => globalThis.axe.run(document));
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
  );
}

const states = {
  'in the middle of a call': (visit) => visit.open('1350.4'),
  'with two heaps': async (visit) => {
    await visit.open('1340');
    await visit.click('#compare');
    await visit.until(() => document.querySelector('segfit-compare canvas')?.width > 0);
  },
  'with a call that returned NULL': async (visit) => {
    await visit.open('1300');
    await visit.set('segfit-hand input', 1_000_000);
    await visit.click('[data-action="malloc"]');
  },
  'with the sheet of keys open': async (visit) => {
    await visit.open('400');
    await visit.press('?');
  },
  'with a filter, the table open and malloc run': async (visit) => {
    await visit.open('1340');
    await visit.page.focus('[data-action="filter"]');
    await visit.page.keyboard.type('free');
    await visit.click('segfit-table summary');
    await visit.click('[data-action="malloc-run"]');
    await visit.until(() => document.querySelector('segfit-malloc tbody tr') !== null);
  },
  'with a trace opened that has bad lines': async (visit) => {
    await visit.open('400');
    await visit.chooseFile('#file', 'mine.rep', '9\n1\n3\n1\na 0 512\nx\nf 0\n');
    await visit.until(() => / ignored:/.test(document.querySelector('#problems').textContent));
  },
  'in the dark, with two heaps': async (visit) => {
    const scheme = (value) =>
      visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await scheme('dark');
    await visit.open('1340');
    await visit.click('#compare');
    await visit.until(() => document.querySelector('segfit-compare canvas')?.width > 0);
  },
  'with an open chapter and its question': async (visit) => {
    await visit.load('learn=6', '.question button');
    await visit.click('.question button');
  },
  'with the menu for sharing open': async (visit) => {
    await visit.open('400');
    await visit.click('segfit-share summary');
  },
  'on a phone': async (visit) => {
    await resize(visit.page, { width: 375, height: 740 });
    await visit.open('1340');
  },
};

export const access = Object.fromEntries(
  Object.entries(states).map(([name, enter]) => [
    `axe finds nothing wrong ${name}`,
    async (visit) => {
      await enter(visit);
      assert.deepEqual(await violations(visit), []);
      await resize(visit.page, { width: 1440, height: 900 });
      await visit.page.emulateMediaFeatures();
    },
  ]),
);
