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

  async 'the selection stays if it does not follow'(visit) {
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
  async 'a malloc by hand allocates a block, and a free frees it'(visit) {
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

  async 'an alignment is respected, and realloc resizes'(visit) {
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

  async 'a request that fails returns NULL and is explained'(visit) {
    await visit.open('1300');
    await visit.set('segfit-hand input', 1_000_000);
    await visit.click('[data-action="malloc"]');
    assert.equal(await visit.text('.call'), 'malloc(1000000) → NULL');
    assert.match(await visit.caption(), /bytes are free, but in \d+ pieces: the largest has/);
  },

  async 'an invalid size does nothing'(visit) {
    await visit.open('400');
    for (const size of ['', '-1', '1.5', '99999999999']) {
      await visit.set('segfit-hand input', size);
      await visit.click('[data-action="malloc"]');
      assert.deepEqual((await visit.where())[0], 400);
    }
  },

  async 'the run continues after a call by hand'(visit) {
    await visit.open('400');
    const total = Number((await visit.text('.where')).replaceAll(',', '').match(/\d+/g)[1]);
    await visit.click('.presets button');
    await visit.click('[data-action="end"]');
    assert.equal((await visit.where())[0], total + 1);
    assert.deepEqual(visit.problems, []);
  },
};

const rest = {
  async 'no shortcut acts while the reader types'(visit) {
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

  async 'a reader’s trace opens at its end, with its worst moments and its bad lines'(visit) {
    await visit.open('400');
    await visit.chooseFile(
      '#file',
      'mine.heapl',
      '{"op":"M","id":1,"size":10}\nwhat?\n{"op":"F","id":1}\n',
    );
    await visit.until(() => document.querySelector('.where').textContent.includes('of 2'));
    assert.match(
      await visit.text('#problems'),
      /mine\.heapl: 2 calls, read as \.heapl\. .* end\. 1 line ignored:.*Line 2: not JSON/s,
    );
    assert.match(
      await visit.text('#provenance'),
      /2 calls, recorded from a real run of mine\.heapl/,
    );
    assert.match(await visit.text('.call'), /^free\(/);
    await visit.click('#problems .finding');
    assert.match(await visit.text('.call'), /^malloc\(10\)/);
    await visit.click('[data-action="dismiss"]');
    assert.equal(await visit.page.$eval('#problems', (box) => box.hidden), true);
  },

  async 'while a long trace is read and executed the page responds, and the last file wins'(visit) {
    await visit.open('400');
    const pairs = Array.from({ length: 60_000 }, (_, at) => `a ${at} 40\nf ${at}\n`).join('');
    await visit.page.evaluate(() => {
      window.seen = new Set();
      window.call = '';
      const look = () => {
        const bar = document.querySelector('#problems progress');
        if (bar !== null) {
          window.seen.add(`${bar.getAttribute('aria-label')} ${bar.value}`);
          if (window.call === '') {
            document.querySelector('[data-action="call"]').click();
            window.call = document.querySelector('.where').textContent;
          }
        }
        requestAnimationFrame(look);
      };
      look();
    });
    await visit.chooseFile('#file', 'long.rep', pairs);
    await visit.until(() => document.querySelector('.where').textContent.includes('of 120,000'));
    const seen = await visit.page.evaluate(() => [...window.seen]);
    assert.match(await visit.page.evaluate(() => window.call), /^call 401 of/);
    assert.ok(
      seen.some((each) => /^Reading long\.rep 0\.\d/.test(each)),
      seen.join('\n'),
    );
    assert.ok(
      seen.some((each) => /^Executing 120,000 calls 0\.\d/.test(each)),
      seen.join('\n'),
    );
    await visit.chooseFile('#file', 'long.rep', pairs);
    await visit.chooseFile('#file', 'short.rep', 'a 0 40\nf 0\n');
    await visit.until(() => document.querySelector('.where').textContent.includes('of 2'));
    await visit.page.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
    assert.match(await visit.text('#problems'), /^short\.rep: 2 calls/);
    assert.equal((await visit.where())[0], 2);
  },

  async 'selecting a run cancels a file that is still being opened'(visit) {
    await visit.open('400');
    const pairs = Array.from({ length: 60_000 }, (_, at) => `a ${at} 40\nf ${at}\n`).join('');
    // Without waiting, since the file might be read before the test continues.
    await visit.page.evaluate(() => {
      const problems = document.querySelector('#problems');
      const observer = new MutationObserver(() => {
        if (problems.querySelector('progress') !== null) {
          observer.disconnect();
          const select = document.querySelector('#scenario');
          select.value = 'comb';
          select.dispatchEvent(new Event('change', { bubbles: true }));
        }
      });
      observer.observe(problems, { childList: true, subtree: true });
    });
    await visit.chooseFile('#file', 'long.rep', pairs);
    await visit.until(() => /was not opened/.test(document.querySelector('#problems').textContent));
    await visit.until(() => /is a scenario/.test(document.querySelector('#what').textContent));
    assert.equal(await visit.page.$eval('#scenario', ({ value }) => value), 'comb');
  },

  async 'a file of another kind is rejected with the list of formats, and the run stays'(visit) {
    await visit.open('400');
    await visit.chooseFile('#file', 'photo.png', '\u0089PNG\r\n\u001a\nnothing\n');
    await visit.until(() =>
      /has an unknown format/.test(document.querySelector('#problems').textContent),
    );
    assert.match(
      await visit.text('#problems'),
      /photo\.png has an unknown format.*\.heapl, .*\.rep, .*mtrace/,
    );
    assert.deepEqual((await visit.where())[0], 400);
    await visit.chooseFile('#file', 'empty.heapl', '{"op":"H","v":1}\n');
    await visit.until(() =>
      /contains no call/.test(document.querySelector('#problems').textContent),
    );
  },

  async 'every format opens when it is dropped on the page'(visit) {
    const files = {
      'lab.rep': '100\n2\n3\n1\na 0 512\na 1 64\nf 0\n',
      'fox.log': '1 1 malloc(512)=#1\n1 1 malloc(64)=#2\n1 1 free(#1)\n',
      'trace.txt': 'malloc(512) = 0x10\nmalloc(64) = 0x20\nfree(0x10) = <void>\n',
      'android.txt': '7: malloc 0x10 512\n7: malloc 0x20 64\n7: free 0x10\n',
      'mtrace.txt':
        '= Start\n@ ./a:[0x1] + 0x10 0x200\n@ ./a:[0x1] + 0x20 0x40\n@ ./a:[0x1] - 0x10\n',
      'heaptrack.raw': 'v 10400 3\n+ 200 1 10\n+ 40 1 20\n- 10\n',
    };
    await visit.open('400');
    for (const [name, text] of Object.entries(files)) {
      await visit.page.evaluate(
        (file, content) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([content], file));
          const target = document.querySelector('.heap');
          for (const type of ['dragover', 'drop']) {
            target.dispatchEvent(
              new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }),
            );
          }
        },
        name,
        text,
      );
      await visit.until(
        (file) => document.querySelector('#problems').textContent.startsWith(`${file}: 3 calls`),
        name,
      );
      assert.match(await visit.text('.call'), /^free\(/, name);
      assert.match(await visit.text('.moments'), /Most held 576 bytes/, name);
    }
    assert.equal(await visit.count('.dropping'), 0);
  },

  async 'findings go to their calls; a smaller heap is found and made'(visit) {
    await visit.open(busy);
    const [first] = await visit.texts('.moments .finding');
    await visit.click('.moments .finding');
    const call = Number(first.match(/call ([\d,]+)/)[1].replaceAll(',', ''));
    assert.equal((await visit.where())[0], call);
    const pin = await visit.text('.pins .link');
    await visit.click('.pins .link');
    assert.match(await visit.text('segfit-block .block-title'), new RegExp(pin));
    await visit.click('[data-action="sizing"]');
    await visit.until(() => !document.querySelector('[data-action="take-size"]').hidden);
    assert.match(await visit.text('.sizing-text'), /^All 1,967 calls are served in a heap of/);
    await visit.click('[data-action="take-size"]');
    assert.match(await visit.text('segfit-timeline .legend, .lower .legend'), /grew/);
    assert.equal(await visit.count('.chart .grown[d*="M"]'), 0);
  },

  async 'a filter by key and words selects blocks, and the map dims the others'(visit) {
    await visit.open(busy);
    const before = await visit.count('.veil:not([hidden])');
    assert.equal(before, 0);
    await visit.blur();
    await visit.press('/');
    await visit.page.keyboard.type('free >1000');
    await visit.until(() => /of all$/.test(document.querySelector('.filter-total').textContent));
    await visit.until(() => document.querySelector('.veil').width > 300);
    const [blocks] = (await visit.text('.filter-total')).match(/\d+/);
    await visit.click('segfit-table summary');
    assert.equal(await visit.count('segfit-table tbody tr'), Math.min(Number(blocks), 25));
    await visit.click('.filter button[aria-label="The next match"]');
    assert.match(await visit.text('segfit-block .block-title'), /^free\s*[1-9],\d{3}/);
    const one = await visit.text('segfit-block .block-title');
    await visit.click('.filter button[aria-label="The previous match"]');
    assert.notEqual(await visit.text('segfit-block .block-title'), one);
    await visit.click('.filter [data-action="all-blocks"]');
    assert.equal(await visit.count('.veil:not([hidden])'), 0);
    await visit.page.focus('.filter input');
    await visit.page.keyboard.type('blue');
    assert.match(await visit.text('.filter-total'), /“blue” is not a filter/);
    await visit.press('Escape');
    assert.equal(await visit.text('.filter-total'), '');
  },

  async 'malloc runs the same calls with its cache and without, forwards and back'(visit) {
    await visit.open(busy);
    await visit.click('[data-action="malloc-run"]');
    await visit.until(() => document.querySelector('segfit-malloc tbody tr') !== null);
    const row = () => visit.texts('segfit-malloc tbody tr:first-child td');
    const [cached, plain] = (await row()).map((text) => Number(text.replace(/ of.*|,/g, '')));
    assert.ok(cached > 800 && plain < 100, `${cached} ${plain}`);
    assert.match((await row())[0], /of 1,340$/);
    const kept = (await visit.texts('segfit-malloc tbody tr:nth-child(2) td'))[0];
    assert.match(kept, /^[1-9]\d* blocks, [1-9]/);
    assert.equal(await visit.count('segfit-malloc canvas[role="slider"]'), 2);
    await visit.click('[data-action="start"]');
    await visit.until(() => / of 0$/.test(document.querySelector('segfit-malloc td').textContent));
    await visit.click('[data-action="end"]');
    await visit.until(() =>
      / of 1,967$/.test(document.querySelector('segfit-malloc td').textContent),
    );
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

  async 'screen readers get the shown sentences'(visit) {
    await visit.open('300.1');
    const shown = `${await visit.text('.call')}. ${await visit.caption()}`;
    assert.equal(await visit.text('[aria-live="polite"]'), shown);
  },
};

export const panels = { ...linked, ...byHand, ...rest };
