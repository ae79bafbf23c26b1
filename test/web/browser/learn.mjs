// SPDX-License-Identifier: MIT
/** The chapters: prose controls playback, and questions are answered by mouse and by keyboard. */
import assert from 'node:assert/strict';

import { resize } from './page.mjs';

const openChapter = (visit, chapter) => visit.load(`learn=${chapter}`, 'segfit-learn h2');

const heading = (visit) => visit.text('segfit-learn h2');

/** Returns the card of a question, counted from 1. */
const card = (number) => `segfit-learn .question:nth-of-type(${number})`;

const at = (visit) => visit.text('segfit-learn .where');

async function predict(visit, number = 1) {
  await visit.click(`${card(number)} .choices button`);
}

const answer = (visit, number = 1) => visit.attribute(card(number), 'data-answer');
const verdict = (visit, number = 1) => visit.text(`${card(number)} .verdict`);

export const learn = {
  async 'all eight chapters open, and their panels are drawn'(visit) {
    for (let chapter = 1; chapter <= 8; chapter++) {
      await openChapter(visit, chapter);
      assert.match(await heading(visit), new RegExp(`^${chapter}\\. `));
      // The panel that explains a failure is empty before one.
      const shown = 'segfit-learn [data-panel]:not(segfit-why)';
      const heights = await visit.page.$$eval(shown, (all) => all.map((each) => each.offsetHeight));
      assert.ok(heights.length >= 2 && Math.min(...heights) > 10, heights.join());
      assert.equal(
        await visit.page.$eval('main', (main) => getComputedStyle(main).display),
        'none',
      );
      assert.deepEqual(visit.problems, []);
    }
  },

  async 'chapters lead to each other, and back to the run'(visit) {
    await visit.open('100');
    await visit.click('a[href="#learn=1"]');
    await visit.page.waitForSelector('segfit-learn h2');
    await visit.click('segfit-learn .next');
    await visit.until(() => /^2\. /.test(document.querySelector('segfit-learn h2').textContent));
    await visit.page.goBack();
    await visit.until(() => /^1\. /.test(document.querySelector('segfit-learn h2').textContent));
    await visit.click('.chapters li:last-child a');
    await visit.until(() => /^8\. /.test(document.querySelector('segfit-learn h2').textContent));
    assert.equal(await visit.attribute('.chapters [aria-current]', 'href'), '#learn=8');
    await visit.click('segfit-learn .chapters .back');
    await visit.until(() => document.querySelector('segfit-learn') === null);
    assert.notEqual(
      await visit.page.$eval('main', (main) => getComputedStyle(main).display),
      'none',
    );
  },

  async 'links in the prose seek, and play a passage'(visit) {
    await openChapter(visit, 1);
    await visit.click('segfit-learn article p:nth-of-type(2) button.link');
    assert.match(await at(visit), /call 2 of 4/);
    await openChapter(visit, 8);
    await visit.click('segfit-learn article > p:nth-of-type(2) button.link');
    await visit.until(() =>
      /call 50 of 50/.test(document.querySelector('segfit-learn .where').textContent),
    );
  },

  async 'a question is answered by a click in the matrix, wrong and right'(visit) {
    await openChapter(visit, 5);
    await predict(visit);
    assert.match(await at(visit), /call 24 of 24/);
    await visit.click('segfit-learn segfit-matrix td[data-index="20"]');
    assert.equal(await answer(visit), 'wrong');
    assert.match(await verdict(visit), /You said row 1, column 4.*The allocator: row 1, column 9/);
    assert.equal(await visit.attribute('segfit-learn td.selected', 'data-index'), '25');
    await visit.click(`${card(1)} .choices button`);
    await visit.click('segfit-learn segfit-matrix td[data-index="25"]');
    assert.equal(await answer(visit), 'right');
    assert.match(await verdict(visit), /^Yes: row 1, column 9, 200 bytes/);
  },

  async 'a question is answered by keys: arrows select, a button confirms'(visit) {
    await openChapter(visit, 4);
    await predict(visit);
    const confirm = `${card(1)} .choices button.primary`;
    assert.equal(await visit.page.$eval(confirm, (button) => button.disabled), true);
    await visit.page.focus('segfit-learn segfit-matrix td[tabindex="0"]');
    for (let step = 0; step < 6; step++) {
      await visit.press('ArrowRight');
    }
    assert.match(await visit.text(`${card(1)} .hint`), /row 0, column 6/);
    await visit.page.focus(confirm);
    await visit.press('Enter');
    assert.equal(await answer(visit), 'right');
  },

  async 'a question is answered by a block of the map'(visit) {
    await openChapter(visit, 2);
    await predict(visit);
    const map = 'segfit-learn segfit-map canvas';
    await visit.page.$eval(map, (canvas) => canvas.scrollIntoView({ block: 'center' }));
    // From left to right: the control structure, then the first block, which is free.
    const { x, y, width } = await (await visit.page.$(map)).boundingBox();
    for (let share = 0.02; share < 0.9 && (await answer(visit)) === null; share += 0.02) {
      await visit.page.mouse.click(x + width * share, y + 5);
      await visit.settle();
    }
    assert.equal(await answer(visit), 'right');
  },

  async 'a question is answered by a choice, and another policy solves the puzzle'(visit) {
    await openChapter(visit, 7);
    await predict(visit);
    await visit.click(`${card(1)} .choices button:nth-child(1)`);
    assert.equal(await answer(visit), 'wrong');
    assert.match(await visit.text('segfit-learn .call'), /malloc\(1030\).*NULL/);
    await visit.click('segfit-learn article > p:last-of-type button.link');
    await visit.click('segfit-learn article > p:last-of-type button.link:nth-of-type(2)');
    assert.match(await visit.text('segfit-learn .call'), /malloc\(1030\).*0x/);
  },

  async 'no chapter is wider than a phone'(visit) {
    await resize(visit.page, { width: 375, height: 740 });
    for (let chapter = 1; chapter <= 8; chapter++) {
      await openChapter(visit, chapter);
      const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 375, `chapter ${chapter} is ${width} pixels wide`);
    }
    await resize(visit.page, { width: 1440, height: 900 });
  },
};
