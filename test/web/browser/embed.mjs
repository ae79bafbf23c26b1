// SPDX-License-Identifier: MIT
/** <segfit-view> in another page: a recorded run, a live memory, separate styles. */
import assert from 'node:assert/strict';

/** A page of the server in which nothing runs, made by browser.mjs. */
export const emptyPage = 'empty.html';
export const emptyHtml = '<!doctype html><link rel="icon" href="data:,"><title>A page</title>\n';

/** malloc(24), malloc(100), free of the second, malloc(5000), encoded as in a URL. */
const calls = Buffer.from([4, 48, 200, 1, 3, 144, 78]).toString('base64url');

/** An empty page of the server that has the built package at its root. */
async function openEmpty(visit, html = '') {
  const origin = new URL('/', visit.address).href;
  await visit.page.goto(`${origin}attach/${emptyPage}`);
  await visit.page.evaluate(async (content) => {
    document.head.replaceChildren();
    document.body.innerHTML = content;
    window.told = [];
    for (const name of ['ready', 'position', 'select', 'error']) {
      document.body.addEventListener(`segfit-${name}`, ({ type, detail }) =>
        window.told.push([type, detail]),
      );
    }
    await import('/view-define.js');
  }, html);
}

const shown = (visit, selector) =>
  visit.page.evaluate(
    (inner) => document.querySelector('segfit-view').shadowRoot.querySelector(inner)?.textContent,
    selector,
  );

async function untilShown(visit, selector, pattern) {
  await visit.until(
    (inner, source) => {
      const root = document.querySelector('segfit-view')?.shadowRoot;
      return new RegExp(source).test(root?.querySelector(inner)?.textContent ?? '');
    },
    selector,
    pattern.source,
  );
}

/** A program in the page: a heap in a memory that it can grow. */
async function startProgram(visit) {
  await visit.page.evaluate(async () => {
    const { instantiate } = await import('/core.js');
    const module = await WebAssembly.compile(await (await fetch('/segfit.wasm')).arrayBuffer());
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 100 });
    const { exports } = instantiate(module, memory);
    const heap = exports.segfit_init(1024, 60_000, 0, 16, 2 ** 22, 0);
    window.program = { memory, exports, heap };
  });
}

const act = (visit, work) => visit.page.evaluate(work);

export const embed = {
  async 'an element and a script show a recorded run, and its keys move it'(visit) {
    await openEmpty(visit, `<h1>Mine</h1><segfit-view state="v=1&at=1&t=${calls}"></segfit-view>`);
    await untilShown(visit, '.where', /call 1 of 4/);
    await visit.page.evaluate(() => {
      const root = document.querySelector('segfit-view').shadowRoot;
      root.querySelector('[data-action="call"]').focus();
    });
    await visit.press('ArrowRight');
    await untilShown(visit, '.where', /call 2 of 4/);
    assert.match(await shown(visit, '.call'), /malloc\(100\)/);
    await act(visit, () => document.querySelector('segfit-view').seek(4));
    await untilShown(visit, '.where', /call 4 of 4/);
    const { state, told } = await act(visit, () => ({
      state: document.querySelector('segfit-view').state,
      told: window.told,
    }));
    assert.match(state, new RegExp(`at=4\\.\\d+.*t=${calls}`));
    const positions = told.filter(([type]) => type === 'segfit-position');
    assert.equal(positions.at(-1)[1].call, 4);
    assert.ok(told.some(([type]) => type === 'segfit-ready'));
  },

  async 'the attribute selects the panels'(visit) {
    await openEmpty(
      visit,
      `<segfit-view panels="matrix list nonsense" state="v=1&at=3&t=${calls}"></segfit-view>`,
    );
    await visit.until(() =>
      document.querySelector('segfit-view').shadowRoot.querySelector('td.set'),
    );
    const names = () =>
      act(visit, () =>
        [...document.querySelector('segfit-view').shadowRoot.querySelector('.panels').children].map(
          ({ localName }) => localName,
        ),
      );
    assert.deepEqual(await names(), ['segfit-matrix', 'segfit-list']);
    const message = () =>
      document.querySelector('segfit-view').shadowRoot.querySelector('.message').textContent;
    assert.equal(
      await visit.page.evaluate(message),
      'This view has no panel "nonsense" and ignores it.',
    );
    await act(visit, () => document.querySelector('segfit-view').setAttribute('panels', 'map'));
    assert.deepEqual(await names(), ['segfit-map']);
  },

  async 'styles of the element and the page are separate'(visit) {
    await openEmpty(visit, '<h1>Mine</h1><p id="mine">Text</p><button>B</button>');
    const own = () =>
      act(visit, () =>
        ['h1', '#mine', 'button', 'body'].map((selector) => {
          const { font, color, margin, display, minHeight } = getComputedStyle(
            document.querySelector(selector),
          );
          return [font, color, margin, display, minHeight].join();
        }),
      );
    await act(visit, () => {
      const style = document.createElement('style');
      style.textContent =
        'p, span, td, canvas { font-size: 41px !important; display: none !important }' +
        ':root { --used: red; --page: lime }';
      document.head.append(style);
    });
    const before = await own();
    await visit.page.evaluate((trace) => {
      const view = document.createElement('segfit-view');
      document.body.append(view);
      view.state = `v=1&at=2&t=${trace}`;
    }, calls);
    await untilShown(visit, '.where', /call 2/);
    assert.deepEqual(await own(), before);
    const inside = await act(visit, () => {
      const root = document.querySelector('segfit-view').shadowRoot;
      const style = getComputedStyle(root.querySelector('.sentence'));
      return [
        style.fontSize,
        style.display,
        getComputedStyle(root.querySelector('canvas')).display,
      ];
    });
    assert.deepEqual(inside, ['17px', 'block', 'block']);
    assert.notEqual(
      await act(
        visit,
        () => getComputedStyle(document.querySelector('segfit-view')).backgroundColor,
      ),
      'rgb(0, 255, 0)',
    );
  },

  async 'a live heap is shown as it changes, grows, and is not written to'(visit) {
    await openEmpty(visit, '<segfit-view></segfit-view>');
    await startProgram(visit);
    await act(visit, async () => {
      const { memory, heap, exports } = window.program;
      exports.segfit_alloc(heap, 1000);
      await document.querySelector('segfit-view').attach({ memory, heap });
    });
    const used = () =>
      shown(visit, '.figures').then((text) => Number(/[\d,]+/.exec(text)[0].replaceAll(',', '')));
    assert.equal(await used(), 1008);
    await act(visit, () => window.program.exports.segfit_alloc(window.program.heap, 3000));
    await untilShown(visit, '.figures', /4,016 used/);
    await act(visit, () => {
      const { memory, exports, heap } = window.program;
      memory.grow(20);
      exports.segfit_add_pool(heap, 3 * 65_536, 10 * 65_536);
      exports.segfit_alloc(heap, 300_000);
    });
    await untilShown(visit, '.figures', /304,0\d\d used/);
    const same = await act(visit, async () => {
      const { memory } = window.program;
      const before = new Uint8Array(memory.buffer).slice();
      for (let frame = 0; frame < 10; frame++) {
        await new Promise((done) => requestAnimationFrame(done));
      }
      document.querySelector('segfit-view').refresh();
      const after = new Uint8Array(memory.buffer);
      return before.every((byte, index) => byte === after[index]);
    });
    assert.equal(same, true);
  },

  async 'a Pool of the package can be attached, shared or growing'(visit) {
    await openEmpty(visit, '<segfit-view></segfit-view>');
    for (const shared of [false, true]) {
      await visit.page.evaluate(async (isShared) => {
        const { Pool } = await import('/index.js');
        const options = { size: 65_536, maxSize: 1_000_000 };
        window.pool = isShared ? Pool.shared(options) : new Pool(options);
        window.pool.alloc(1000);
        await document.querySelector('segfit-view').attach(window.pool);
      }, shared);
      await untilShown(visit, '.figures', /^1,008 used/);
      await act(visit, () => window.pool.alloc(300_000));
      await untilShown(visit, '.figures', /^301,016 used/);
      await act(visit, () => window.pool.reset());
      await untilShown(visit, '.figures', /^0 used/);
      assert.equal(await shown(visit, '.message'), '');
    }
    // The page's view shows a worker's blocks.
    await act(visit, () => {
      const text = `import { Pool } from '${location.origin}/index.js';
        onmessage = ({ data }) => { Pool.attach(data).alloc(2000); };`;
      const address = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
      new Worker(address, { type: 'module' }).postMessage(window.pool.share());
    });
    await untilShown(visit, '.figures', /^2,008 used/);
    const refused = await act(visit, () => {
      window.pool.destroy();
      return document
        .querySelector('segfit-view')
        .attach(window.pool)
        .catch(({ message }) => message);
    });
    assert.match(refused, /destroyed/);
  },

  async 'a detached or removed element stops reading'(visit) {
    await openEmpty(visit, '<segfit-view></segfit-view>');
    await startProgram(visit);
    const reads = await act(visit, async () => {
      const { memory, heap } = window.program;
      let count = 0;
      const watched = {
        get buffer() {
          count++;
          return memory.buffer;
        },
      };
      const frames = async () => {
        const before = count;
        for (let frame = 0; frame < 5; frame++) {
          await new Promise((done) => requestAnimationFrame(done));
        }
        return count - before;
      };
      const view = document.querySelector('segfit-view');
      await view.attach({ memory: watched, heap });
      const shown = await frames();
      view.remove();
      await frames();
      const away = await frames();
      document.body.append(view);
      await frames();
      const back = await frames();
      view.detach();
      return [shown > 0, away, back > 0, await frames()];
    });
    assert.deepEqual(reads, [true, 0, true, 0]);
  },

  async 'a missing heap is reported'(visit) {
    await openEmpty(visit, '<segfit-view></segfit-view>');
    await startProgram(visit);
    const reason = await act(visit, () =>
      document
        .querySelector('segfit-view')
        .attach({ memory: window.program.memory, heap: 64 })
        .then(
          () => 'no error',
          (error) => error.message,
        ),
    );
    assert.match(reason, /0x40|no heap/);
    assert.equal(await shown(visit, '.message'), reason);
    const told = await act(visit, () => window.told.filter(([type]) => type === 'segfit-error'));
    assert.deepEqual(told, [['segfit-error', { message: reason }]]);
  },

  async 'the theme can differ from the reader’s preference'(visit) {
    await openEmpty(visit, `<segfit-view panels="map" state="v=1&at=2&t=${calls}"></segfit-view>`);
    await untilShown(visit, '.figures', /used/);
    const corner = () =>
      act(visit, async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const canvas = document.querySelector('segfit-view').shadowRoot.querySelector('canvas');
        const { data } = canvas
          .getContext('2d')
          .getImageData(canvas.width - 1, canvas.height - 1, 1, 1);
        return data[0];
      });
    await act(visit, () => document.querySelector('segfit-view').setAttribute('theme', 'dark'));
    const dark = await corner();
    await act(visit, () => document.querySelector('segfit-view').setAttribute('theme', 'light'));
    const light = await corner();
    assert.ok(dark < light, `${dark} is not darker than ${light}`);
  },

  async 'the heap of a running Lua, compiled with segfit as its malloc, is shown'(visit) {
    const origin = new URL('/', visit.address).href;
    await visit.page.goto(`${origin}attach/`);
    await visit.page.waitForSelector('html[data-ready="true"]', { timeout: 15_000 });
    const seen = new Set();
    await visit.page.select('#pace', '20000');
    for (let look = 0; look < 20 && seen.size < 3; look++) {
      seen.add(await shown(visit, '.figures'));
      await visit.settle();
      await visit.settle();
    }
    assert.ok(seen.size >= 3, [...seen].join('\n'));
    await visit.click('#run');
    await visit.settle();
    // The program is paused, so the view must match the heap's own statistics.
    const [figures, used] = await visit.page.evaluate(async () => {
      const view = document.querySelector('segfit-view');
      view.refresh();
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const text = view.shadowRoot.querySelector('.figures').textContent;
      return [text, Number(/^([\d,]+) used/.exec(text)[1].replaceAll(',', ''))];
    });
    assert.ok(used > 20_000, figures);
    assert.ok(!figures.includes('cannot be read'), figures);
    assert.equal(await shown(visit, '.message'), '');
  },
};
