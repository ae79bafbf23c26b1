// SPDX-License-Identifier: MIT
/** Selection and hover across the panels, calls by hand, files, keys, widths. */
import assert from 'node:assert/strict';

import { resize } from './page.mjs';

const busy = '1340';

async function selectedClass(visit) {
  return Number(await visit.attribute('segfit-matrix td.selected', 'data-index'));
}

async function shownBlock(visit) {
  return visit.text('segfit-block .block-title');
}

/** A cell whose list has several blocks. */
async function fullestCell(visit) {
  return visit.page.$$eval('segfit-matrix td.set', (cells) => {
    const [fullest] = cells.sort((a, b) => Number(b.textContent) - Number(a.textContent));
    return Number(fullest.dataset.index);
  });
}

/** Clicks the middle of the map's first line at a share of its width. */
async function clickMap(visit, share) {
  await visit.page.$eval('.tape canvas', (canvas) => canvas.scrollIntoView({ block: 'center' }));
  const box = await (await visit.page.$('.tape canvas')).boundingBox();
  await visit.page.mouse.click(box.x + box.width * share, box.y + 6);
  await visit.settle();
}

const linked = {
  async 'a cell of the matrix selects its list, and the list its first block'(visit) {
    await visit.open(busy);
    const index = await fullestCell(visit);
    await visit.click(`segfit-matrix td[data-index="${index}"]`);
    assert.equal(await selectedClass(visit), index);
    const count = Number(await visit.text('segfit-matrix td.selected'));
    assert.ok(count > 1);
    assert.equal(await visit.count('segfit-list li'), count);
    const address = await visit.text('segfit-list li[aria-selected="true"] code');
    assert.ok((await shownBlock(visit)).includes(address));
    assert.ok((await visit.attribute('.tape canvas', 'aria-valuetext')).includes(address));
  },

  async 'an entry of the list selects its block everywhere'(visit) {
    await visit.open(busy);
    await visit.click(`segfit-matrix td[data-index="${await fullestCell(visit)}"]`);
    const before = await visit.map();
    await visit.click('segfit-list li:nth-child(2)');
    const address = await visit.text('segfit-list li:nth-child(2) code');
    assert.ok((await shownBlock(visit)).includes(address));
    assert.notEqual(await visit.map(), before);
  },

  async 'a block of the map selects its cell and its card'(visit) {
    await visit.open(busy);
    await clickMap(visit, 0.4);
    const first = await shownBlock(visit);
    assert.match(first, /^(used|free)[\d,]+ bytes at 0x/);
    await clickMap(visit, 0.7);
    assert.notEqual(await shownBlock(visit), first);
    const size = Number(/([\d,]+) bytes/.exec(await shownBlock(visit))[1].replaceAll(',', ''));
    const range = await visit.attribute('segfit-matrix td.selected', 'aria-label');
    const [low, high] = range.split(':')[0].replaceAll(',', '').match(/\d+/g).map(Number);
    assert.ok(low <= size && size <= (high ?? low), `${size} in ${range}`);
  },

  async 'hovering a list entry marks its cell and its block'(visit) {
    await visit.open(busy);
    const index = await fullestCell(visit);
    await visit.click(`segfit-matrix td[data-index="${index}"]`);
    await visit.page.mouse.move(1, 1);
    await visit.settle();
    const before = await visit.map();
    await visit.hover('segfit-list li:nth-child(2)');
    assert.equal(await visit.attribute('segfit-matrix td.hovered', 'data-index'), String(index));
    assert.notEqual(await visit.map(), before);
    await visit.page.mouse.move(1, 1);
    await visit.settle();
    assert.equal(await visit.map(), before);
  },

  async 'hovering a cell marks its blocks in the map'(visit) {
    await visit.open(busy);
    await visit.page.mouse.move(1, 1);
    const before = await visit.map();
    await visit.hover(`segfit-matrix td[data-index="${await fullestCell(visit)}"]`);
    assert.notEqual(await visit.map(), before);
  },

  async 'arrows move in the matrix, in a list and in the map'(visit) {
    await visit.open(busy);
    const index = await fullestCell(visit);
    await visit.click(`segfit-matrix td[data-index="${index}"]`);
    await visit.press('ArrowRight');
    assert.equal(await selectedClass(visit), index + 1);
    await visit.press('ArrowDown');
    await visit.press('ArrowLeft');
    await visit.press('ArrowUp');
    assert.equal(await selectedClass(visit), index);
    await visit.page.focus('segfit-list li');
    await visit.press('ArrowRight');
    assert.equal(await visit.attribute('segfit-list li:nth-child(2)', 'aria-selected'), 'true');
    await visit.page.focus('.tape canvas');
    const before = Number(await visit.attribute('.tape canvas', 'aria-valuenow'));
    await visit.press('ArrowRight');
    assert.equal(Number(await visit.attribute('.tape canvas', 'aria-valuenow')), before + 1);
    assert.equal((await visit.where())[0], Number(busy));
  },

  async 'links in the card lead to neighbours'(visit) {
    await visit.open(busy);
    await clickMap(visit, 0.5);
    const target = await visit.text('[data-link="Block behind"]');
    await visit.click('[data-link="Block behind"]');
    assert.ok((await shownBlock(visit)).includes(target));
  },

  async 'the table of blocks opens, and selects'(visit) {
    await visit.open(busy);
    await visit.click('segfit-table summary');
    assert.ok((await visit.count('segfit-table tbody tr')) > 10);
    const target = await visit.text('segfit-table tbody tr:nth-child(3) button');
    await visit.click('segfit-table tbody tr:nth-child(3) button');
    assert.ok((await shownBlock(visit)).includes(target));
  },

  async 'the selection stays when it need not follow'(visit) {
    await visit.open(busy);
    await visit.click('#follow');
    await clickMap(visit, 0.15);
    const chosen = await shownBlock(visit);
    await visit.blur();
    await visit.press('ArrowRight');
    assert.equal(await shownBlock(visit), chosen);
    await visit.click('#follow');
    await visit.blur();
    await visit.press('ArrowRight');
    assert.notEqual(await shownBlock(visit), chosen);
  },
};

const byHand = {
  async 'a malloc by hand takes a block, a free gives it back'(visit) {
    await visit.open('400');
    const before = await visit.map();
    await visit.set('segfit-hand input', 777);
    await visit.click('[data-action="malloc"]');
    assert.match(await visit.text('.call'), /^malloc\(777\) → 0x[0-9a-f]+$/);
    assert.match(await shownBlock(visit), /^used784 bytes/);
    assert.notEqual(await visit.map(), before);
    assert.deepEqual((await visit.where())[0], 401);
    await visit.click('[data-action="free"]');
    assert.match(await visit.text('.call'), /^free\(0x[0-9a-f]+\)$/);
    assert.deepEqual((await visit.where())[0], 402);
  },

  async 'Enter in the form, a preset, and the key F do the same'(visit) {
    await visit.open('400');
    await visit.page.focus('segfit-hand input');
    await visit.press('Enter');
    assert.match(await visit.text('.call'), /^malloc\(100\) → 0x/);
    await visit.click('.presets button:nth-child(3)');
    assert.match(await visit.text('.call'), /^malloc\(1000\) → 0x/);
    await visit.blur();
    await visit.press('f');
    assert.match(await visit.text('.call'), /^free\(0x/);
  },

  async 'an alignment is kept, and realloc resizes'(visit) {
    await visit.open('400');
    await visit.page.select('segfit-hand select', '256');
    await visit.click('[data-action="malloc"]');
    const [, pointer] = /^aligned_alloc\(256, 100\) → 0x([0-9a-f]+)$/.exec(
      await visit.text('.call'),
    );
    assert.equal(parseInt(pointer, 16) % 256, 0);
    await visit.set('segfit-hand > div:last-child input', 3000);
    await visit.click('[data-action="realloc"]');
    assert.match(await visit.text('.call'), /^realloc\(0x[0-9a-f]+, 3000\) → 0x/);
  },

  async 'a request that cannot be served is answered by NULL and an explanation'(visit) {
    await visit.open('1300');
    await visit.set('segfit-hand input', 1_000_000);
    await visit.click('[data-action="malloc"]');
    assert.equal(await visit.text('.call'), 'malloc(1000000) → NULL');
    assert.match(await visit.caption(), /bytes are free, but in \d+ pieces: the largest has/);
  },

  async 'a size that is none does nothing'(visit) {
    await visit.open('400');
    for (const size of ['', '-1', '1.5', '99999999999']) {
      await visit.set('segfit-hand input', size);
      await visit.click('[data-action="malloc"]');
      assert.deepEqual((await visit.where())[0], 400);
    }
  },

  async 'the run goes on behind a call by hand'(visit) {
    await visit.open('400');
    const total = Number((await visit.text('.where')).replaceAll(',', '').match(/\d+/g)[1]);
    await visit.click('.presets button');
    await visit.click('[data-action="end"]');
    assert.equal((await visit.where())[0], total + 1);
    assert.deepEqual(visit.problems, []);
  },
};

const rest = {
  async 'no key acts while somebody types'(visit) {
    await visit.open('400');
    await visit.page.focus('segfit-hand input');
    await visit.press('ArrowRight');
    await visit.press('Home');
    await visit.press('f');
    await visit.press('?');
    assert.deepEqual((await visit.where())[0], 400);
    assert.equal(await visit.page.$eval('dialog', (dialog) => dialog.open), false);
  },

  async 'the sheet of keys opens and closes by key and by button'(visit) {
    const open = () => visit.page.$eval('dialog', (dialog) => dialog.open);
    await visit.open('400');
    await visit.press('?');
    assert.equal(await open(), true);
    await visit.press('ArrowRight');
    assert.deepEqual((await visit.where())[0], 400);
    await visit.press('Escape');
    assert.equal(await open(), false);
    await visit.click('#keys');
    assert.equal(await open(), true);
    await visit.click('dialog button');
    assert.equal(await open(), false);
  },

  async 'a trace of one’s own plays, and its bad lines are shown'(visit) {
    await visit.open('400');
    await visit.chooseFile(
      '#file',
      'mine.heapl',
      '{"op":"M","id":1,"size":10}\nwhat?\n{"op":"F","id":1}\n',
    );
    await visit.until(() => document.querySelector('.where').textContent.includes('of 2'));
    assert.match(
      await visit.text('#problems'),
      /1 line of mine\.heapl cannot be read.*Line 2: not JSON/s,
    );
    assert.match(
      await visit.text('#provenance'),
      /2 calls recorded from a real run of mine\.heapl/,
    );
    await visit.click('[data-action="end"]');
    assert.match(await visit.text('.call'), /^free\(/);
    await visit.click('#problems button');
    assert.equal(await visit.page.$eval('#problems', (box) => box.hidden), true);
  },

  async 'a file without a call is refused, and the run stays'(visit) {
    await visit.open('400');
    await visit.chooseFile('#file', 'empty.txt', 'nothing\n');
    await visit.until(() => !document.querySelector('#problems').hidden);
    assert.match(await visit.text('#problems'), /empty\.txt holds no call/);
    assert.deepEqual((await visit.where())[0], 400);
  },

  async 'a phone needs no sideways scrolling, and everything can be hit'(visit) {
    await resize(visit.page, { width: 375, height: 740 });
    await visit.open(`${busy}.2`);
    const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 375, `${width} pixels wide`);
    const small = await visit.page.$$eval(
      'button, select, input, td, li[role="option"], summary',
      (all) =>
        all
          .filter((element) => element.offsetParent !== null)
          .flatMap((element) => {
            const target = element.matches('input[type="checkbox"], input[type="file"]')
              ? element.closest('label')
              : element;
            const { width: wide, height: high } = target.getBoundingClientRect();
            return wide < 24 || high < 24
              ? [`${element.outerHTML.slice(0, 80)} ${wide}×${high}`]
              : [];
          }),
    );
    assert.deepEqual(small, []);
    await resize(visit.page, { width: 1440, height: 900 });
  },

  async 'what is announced is what is shown'(visit) {
    await visit.open('300.1');
    const shown = `${await visit.text('.call')}. ${await visit.caption()}`;
    assert.equal(await visit.text('[aria-live="polite"]'), shown);
  },
};

export const panels = { ...linked, ...byHand, ...rest };
