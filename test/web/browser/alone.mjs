// SPDX-License-Identifier: MIT
/** The page as one file, opened from the disk, without a server and other files. */
import assert from 'node:assert/strict';

export const alone = {
  async 'one file from the disk plays, seeks and shows the source'(visit) {
    await visit.open('300.2');
    assert.deepEqual(await visit.where(), [300, 3]);
    await visit.press('ArrowRight');
    await visit.press('ArrowRight');
    assert.equal((await visit.where())[0], 301);
    await visit.until(() =>
      /segfit|block/.test(document.querySelector('segfit-source').textContent),
    );
    await visit.until(() => location.hash.includes('at=301.'));
  },

  async 'one file from the disk contains the chapters and the sharing menu'(visit) {
    await visit.load('learn=2', 'segfit-learn h2');
    await visit.click('.chapters .back');
    await visit.until(() => document.querySelector('segfit-learn') === null);
    const saved = await visit.page.evaluate(async () => {
      const kept = [];
      URL.createObjectURL = (blob) => `#${kept.push(blob)}`;
      HTMLAnchorElement.prototype.click = () => {};
      const buttons = [...document.querySelectorAll('segfit-share .menu button')];
      buttons.find(({ textContent }) => textContent === 'Snapshot as JSON').click();
      while (kept.length === 0) {
        await new Promise((done) => requestAnimationFrame(done));
      }
      return JSON.parse(await kept[0].text()).format;
    });
    assert.equal(saved, 'segfit-snapshot');
  },
};
