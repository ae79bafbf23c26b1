// SPDX-License-Identifier: MIT
/** Links to a moment, and saved files. */
import assert from 'node:assert/strict';

/** Records what the page saves or copies. */
async function catchFiles(visit) {
  await visit.page.evaluate(() => {
    window.kept = [];
    window.copied = '';
    URL.createObjectURL = (blob) => {
      window.kept.push(blob);
      return '#';
    };
    HTMLAnchorElement.prototype.click = function () {
      window.kept.at(-1).fileName = this.download;
    };
    Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: async (text) => void (window.copied = text) },
    });
  });
}

async function choose(visit, text) {
  await visit.page.$eval('segfit-share details', (menu) => {
    menu.open = true;
  });
  await visit.page.evaluate((name) => {
    const all = [...document.querySelectorAll('segfit-share .menu button')];
    all.find((button) => button.textContent === name).click();
  }, text);
  await visit.until(() => document.querySelector('segfit-share .said').textContent !== '');
}

const lastFile = (visit) =>
  visit.page.evaluate(async () => {
    const blob = window.kept.at(-1);
    const bytes = [...new Uint8Array(await blob.arrayBuffer())];
    return { name: blob.fileName, type: blob.type, bytes };
  });

const textOf = ({ bytes }) => Buffer.from(bytes).toString('utf8');

async function copiedLink(visit) {
  await catchFiles(visit);
  await choose(visit, 'Copy link');
  return new URL(await visit.page.evaluate(() => window.copied)).hash.slice(1);
}

export const share = {
  async 'the page follows a URL written at the moment of a step'(visit) {
    await visit.open('400');
    await visit.until(() => location.hash.startsWith('#v=1'));
    // Wait until the page may write its URL at once again.
    await visit.page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
    await visit.page.evaluate(() => {
      document.querySelector('[data-action="call"]').click();
      location.hash = '#at=700';
    });
    await visit.until(() => /^call 700 /.test(document.querySelector('.where').textContent));
  },

  async 'the page follows a URL that it showed a moment before'(visit) {
    await visit.open('400');
    await visit.until(() => location.hash.startsWith('#v=1'));
    await visit.page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
    await visit.page.evaluate(async () => {
      const go = (hash) =>
        new Promise((done) => {
          addEventListener('hashchange', () => setTimeout(done), { once: true });
          location.hash = hash;
        });
      await go('#at=700');
      const written = location.hash;
      // Before the page may write its URL.
      await go('#at=500');
      await go(written);
    });
    await visit.settle();
    assert.match(await visit.text('.where'), /^call 700 /);
  },

  async 'a copied link shows the same heap, calls by hand and selection included'(visit) {
    await visit.open('400');
    await visit.set('#malloc-size', 3000);
    await visit.click('[data-action="malloc"]');
    await visit.click('segfit-matrix td.set');
    await visit.page.mouse.move(2, 2);
    await visit.settle();
    const there = await visit.heap();
    const link = await copiedLink(visit);
    assert.match(link, /^v=1&at=401\.\d+&sel=0x[\da-f]+&class=\d+&name=.*&t=/);
    await visit.open('1');
    await visit.load(link);
    assert.equal(await visit.heap(), there);
    assert.deepEqual(visit.problems, []);
  },

  async 'a link to the page’s own trace is short'(visit) {
    await visit.open('400');
    const link = await copiedLink(visit);
    assert.ok(link.length < 80, link);
  },

  async 'unreadable parts of a URL are reported, and the rest is shown'(visit) {
    await visit.load('v=1&at=300.2&cfg=columns:7&sel=zz');
    assert.deepEqual(await visit.where(), [300, 3]);
    assert.match(await visit.text('#problems'), /"sel".*"cfg".*|"cfg".*"sel".*/);
    await visit.load('v=9&at=300.2');
    assert.match(await visit.text('#problems'), /version 9/);
  },

  async 'settings in a URL configure the heap'(visit) {
    await visit.load('at=300&cfg=columns:8');
    const columns = await visit.count('segfit-matrix th.column');
    assert.equal(columns, 8);
  },

  async 'the heap is saved as JSON whose blocks add up'(visit) {
    await visit.open('300');
    await catchFiles(visit);
    await choose(visit, 'Snapshot as JSON');
    const file = await lastFile(visit);
    const { format, version, blocks, statistics, where } = JSON.parse(textOf(file));
    assert.deepEqual([format, version], ['segfit-snapshot', 1]);
    assert.match(where, /call 300 of/);
    const sum = (of) => blocks.filter(of).reduce((total, { size }) => total + size, 0);
    assert.equal(
      sum(() => true),
      statistics.capacity,
    );
    assert.equal(
      sum(({ free }) => !free),
      statistics.used,
    );
    assert.ok(blocks.filter(({ free }) => !free).every(({ requested, size }) => requested < size));
  },

  async 'the map is saved as a vector picture, true in area, and as pixels'(visit) {
    await visit.open('300');
    await catchFiles(visit);
    await choose(visit, 'Map as SVG');
    const file = await lastFile(visit);
    assert.match(file.name, /^segfit-heap-300\.svg$/);
    const { problem, title, width } = await visit.page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      const used = parsed.querySelector('path.used').getAttribute('d');
      return {
        problem: parsed.querySelector('parsererror')?.textContent ?? '',
        title: parsed.querySelector('title').textContent,
        width: [...used.matchAll(/h([\d.]+)v/g)].reduce((sum, [, each]) => sum + Number(each), 0),
      };
    }, textOf(file));
    assert.equal(problem, '');
    assert.match(title, /Lua/);
    assert.ok(width > 500, `used bytes are ${width} wide`);
    await choose(visit, 'Map as PNG');
    await visit.until(() => window.kept.at(-1).type === 'image/png');
    const png = await lastFile(visit);
    assert.deepEqual(png.bytes.slice(1, 4), [...Buffer.from('PNG')]);
  },

  async 'the heap is copied as text, the calls are saved as they were read'(visit) {
    await visit.open('300');
    await catchFiles(visit);
    await choose(visit, 'Copy as text');
    const text = await visit.page.evaluate(() => window.copied);
    assert.match(text, /call 300 of 1,967/);
    assert.match(text, /0x[\da-f]{8} (used|free)/);
    await choose(visit, 'Calls as .heapl');
    await visit.until(() => window.kept.length === 1);
    const lines = textOf(await lastFile(visit))
      .trim()
      .split('\n');
    assert.equal(lines.length, 1968);
  },

  async 'the menu closes by Escape and by a click elsewhere'(visit) {
    await visit.open('300');
    const open = () => visit.page.$eval('segfit-share details', (menu) => menu.open);
    await visit.click('segfit-share summary');
    assert.equal(await open(), true);
    await visit.press('Escape');
    assert.equal(await open(), false);
    await visit.click('segfit-share summary');
    await visit.page.mouse.click(5, 5);
    await visit.settle();
    assert.equal(await open(), false);
  },
};
