// SPDX-License-Identifier: MIT
/** The controls of ruler, strip, run, scenarios, settings and comparison; touch; what moves. */
import assert from 'node:assert/strict';

import { resize } from './page.mjs';

const busy = '1340';

const operation = async (visit) => (await visit.where())[0];

async function chooseScenario(visit, name) {
  await visit.page.select('#scenario', name);
  await visit.until((wanted) => document.querySelector('#scenario').value === wanted, name);
  await visit.until(() => /call [1-9]/.test(document.querySelector('.where').textContent));
  await visit.settle();
}

const shownSpan = (visit) => visit.text('segfit-strip .strip-text');

async function box(visit, selector) {
  await visit.page.$eval(selector, (element) => element.scrollIntoView({ block: 'center' }));
  return (await visit.page.$(selector)).boundingBox();
}

async function drag(visit, selector, from, to) {
  const { x, y, width, height } = await box(visit, selector);
  await visit.page.mouse.move(x + width * from, y + height / 2);
  await visit.page.mouse.down();
  await visit.page.mouse.move(x + width * ((from + to) / 2), y + height / 2);
  await visit.page.mouse.move(x + width * to, y + height / 2);
  await visit.page.mouse.up();
  await visit.settle();
}

const looking = {
  async 'the ruler shows the size in focus, and selects classes by mouse and keys'(visit) {
    await visit.open('1350.1');
    assert.match(
      await visit.text('segfit-ruler .sum'),
      /^56 \+ 4 header \+ 4 to round = 64 bytes$/,
    );
    assert.equal(await visit.text('.ruler .asked'), '64');
    await visit.click('.ruler [role="option"]:nth-child(2)');
    const selected = await visit.attribute('.ruler [aria-selected="true"]', 'data-index');
    assert.equal(selected, await visit.attribute('segfit-matrix td.selected', 'data-index'));
    await visit.page.focus('.ruler [aria-selected="true"]');
    await visit.press('ArrowRight');
    assert.equal(
      Number(await visit.attribute('segfit-matrix td.selected', 'data-index')),
      Number(selected) + 1,
    );
    await visit.hover('.ruler [role="option"]:nth-child(5)');
    const hovered = await visit.attribute('.ruler [role="option"]:nth-child(5)', 'data-index');
    assert.equal(await visit.attribute('segfit-matrix td.hovered', 'data-index'), hovered);
  },

  async 'the search shows word, mask and their common bits'(visit) {
    await visit.open('1350.4');
    const [word, mask, both] = await visit.page.$$eval('segfit-search .word', (lines) =>
      lines.map((line) => [...line.querySelectorAll('b')].map((bit) => Number(bit.textContent))),
    );
    assert.deepEqual(
      both,
      word.map((bit, at) => bit & mask[at]),
    );
    assert.ok(mask.includes(0) && mask.includes(1));
  },

  async 'the strip can be magnified, moved and reset'(visit) {
    await visit.open(busy);
    const first = await shownSpan(visit);
    await visit.click('.zoom button:nth-child(1)');
    const closer = await shownSpan(visit);
    assert.notEqual(closer, first);
    await visit.click('.zoom button:nth-child(2)');
    await visit.click('.zoom button:nth-child(2)');
    const wider = await shownSpan(visit);
    assert.ok(parseInt(wider.match(/[\d,]+/)[0].replaceAll(',', ''), 10) > 0);
    await drag(visit, 'segfit-strip canvas', 0.3, 0.6);
    assert.notEqual(await shownSpan(visit), wider);
    const { x, y, width, height } = await box(visit, 'segfit-strip canvas');
    const moved = await shownSpan(visit);
    await visit.page.mouse.click(x + width * 0.9, y + height / 2);
    await visit.settle();
    assert.equal(await shownSpan(visit), moved);
    await visit.click('.zoom button:nth-child(3)');
    assert.match(await shownSpan(visit), /^Magnified: /);
  },

  async 'the source shows one current line at every step of a call'(visit) {
    await visit.open('1350.0');
    await visit.until(() => document.querySelector('.source .current') !== null);
    const lines = new Set();
    for (let step = 0; step < 9; step++) {
      assert.equal(await visit.count('.source .current'), 1);
      lines.add(await visit.text('.source .current'));
      await visit.press('ArrowRight', 'Shift');
    }
    assert.ok(lines.size >= 8, [...lines].join('\n'));
  },

  async 'words are counted, and a button goes to the call that changed most'(visit) {
    await visit.open('10');
    await visit.until(() =>
      /in 1,96\d calls/.test(document.querySelector('.words-text').textContent),
    );
    const call = Number((await visit.text('[data-action="worst"]')).match(/\d+/)[0]);
    await visit.click('[data-action="worst"]');
    assert.equal(await operation(visit), call);
  },

  async 'the requests that fit are described, and the bars select classes'(visit) {
    await visit.open(busy);
    assert.match(
      await visit.text('.fits-text'),
      /^Requests up to [\d,]+ bytes are guaranteed, from \d+/,
    );
    await visit.page.$eval('segfit-fits .bar:last-of-type', (bar) =>
      bar.dispatchEvent(new MouseEvent('click', { bubbles: true })),
    );
    await visit.settle();
    assert.equal(await visit.count('segfit-fits .bar.selected'), 1);
  },
};

const going = {
  async 'the run chart can be clicked, dragged, zoomed and reset'(visit) {
    await visit.open('10');
    await drag(visit, 'segfit-timeline .chart', 0.5, 0.5);
    assert.ok(Math.abs((await operation(visit)) - 984) < 20);
    await drag(visit, 'segfit-timeline .chart', 0.5, 0.75);
    assert.ok(Math.abs((await operation(visit)) - 1476) < 20);
    await visit.click('[data-action="closer"]');
    assert.notEqual(await visit.text('.edges span'), 'call 0');
    await visit.click('[data-action="wider"]');
    await visit.click('[data-action="all"]');
    assert.equal(await visit.text('.edges span'), 'call 0');
    await visit.page.keyboard.down('Shift');
    await drag(visit, 'segfit-timeline .chart', 0.25, 0.5);
    await visit.page.keyboard.up('Shift');
    assert.match(await visit.text('.edges span'), /call 49\d|call 48\d/);
  },

  async 'a trace with times has a chart by time, which can be clicked, zoomed and searched'(visit) {
    const lane = 'segfit-timeline .by-time';
    await visit.open('10');
    assert.equal(await visit.page.$eval(lane, (box) => box.offsetHeight), 0);
    // A burst, a pause, and slow calls: by time the first hundred calls are a sliver.
    const text = Array.from({ length: 200 }, (_, call) =>
      JSON.stringify({
        op: 'M',
        id: call + 1,
        size: 40,
        t: call < 100 ? call * 1000 : 1e9 + (call - 100) * 1e7,
      }),
    );
    await visit.chooseFile('#file', 'bursts.heapl', text.join('\n'));
    await visit.until(() => document.querySelector('.where').textContent.includes('of 200'));
    await visit.settle();
    assert.ok((await visit.page.$eval(lane, (box) => box.offsetHeight)) > 60);
    assert.match(await visit.text('.timeline-text'), /^After this call, at 1.99 s: /);
    assert.match(await visit.text(`${lane} .edges`), /0 s.*by time.*1.99 s/s);
    await drag(visit, `${lane} .chart`, 0.3, 0.3);
    assert.equal(await operation(visit), 100);
    await drag(visit, 'segfit-timeline .chart', 0.3, 0.3);
    assert.ok(Math.abs((await operation(visit)) - 60) < 5);
    await visit.page.click('[data-action="jump"]');
    await visit.page.keyboard.type('t:0.9s');
    await visit.press('Enter');
    assert.equal(await operation(visit), 100);
    await visit.page.keyboard.down('Shift');
    await drag(visit, `${lane} .chart`, 0.4, 0.9);
    await visit.page.keyboard.up('Shift');
    assert.equal(await visit.text('.edges span'), 'call 100');
    await drag(visit, 'segfit-timeline .chart', 0.5, 0.5);
    assert.ok(Math.abs((await operation(visit)) - 140) < 3);
  },

  async 'buttons and keys go to events'(visit) {
    await visit.open('10');
    await visit.page.select('[data-action="interest"]', 'growth');
    await visit.click('[data-action="next"]');
    const grown = await operation(visit);
    assert.ok(grown > 10);
    await visit.blur();
    await visit.press(']');
    assert.ok((await operation(visit)) > grown);
    await visit.press('[');
    assert.equal(await operation(visit), grown);
    await visit.click('[data-action="previous"]');
    assert.equal(await operation(visit), grown);
  },

  async 'a marked call is found again, and a key or button removes the mark'(visit) {
    await visit.open('800');
    await visit.press('m');
    assert.equal(await visit.count('.chart .own'), 1);
    await visit.press('ArrowRight');
    await visit.press('[');
    assert.equal(await operation(visit), 800);
    await visit.click('[data-action="mark"]');
    assert.equal(await visit.count('.chart .own'), 0);
  },

  async 'single-character shortcuts can be disabled'(visit) {
    await visit.open('800');
    await visit.press('?');
    await visit.click('#single-signs');
    await visit.press('Escape');
    await visit.blur();
    await visit.press('m');
    await visit.press('?');
    assert.equal(await visit.count('.chart .own'), 0);
    assert.equal(await visit.page.$eval('dialog', (dialog) => dialog.open), false);
    await visit.press('ArrowRight');
    assert.equal(await operation(visit), 801);
    // The next visit keeps the setting.
    await visit.open('800');
    await visit.press('m');
    assert.equal(await visit.count('.chart .own'), 0);
    await visit.click('#keys');
    await visit.click('#single-signs');
    await visit.press('Escape');
    await visit.blur();
    await visit.press('m');
    assert.ok((await visit.count('.chart .own')) > 0);
  },

  async 'the field goes to a call, an address and an id, and a wrong target moves nothing'(visit) {
    await visit.open('10');
    await visit.press('g');
    await visit.page.keyboard.type('1,200');
    await visit.press('Enter');
    assert.equal(await operation(visit), 1200);
    const go = async (wish) => {
      await visit.page.click('[data-action="jump"]', { clickCount: 3 });
      await visit.page.keyboard.type(wish);
      await visit.press('Enter');
    };
    await go('0x9010');
    const title = await visit.text('segfit-block .block-title');
    const [begin] = title.match(/0x[0-9a-f]+/);
    assert.ok(parseInt(begin, 16) <= 0x9010);
    await go('#3');
    assert.match(await visit.text('segfit-block dl'), /in call \d+/);
    await go('nowhere');
    const said = await visit.page.$eval('[data-action="jump"]', (input) => input.validationMessage);
    assert.match(said, /A call is a number/);
  },
};

const asking = {
  async 'settings of a long run change while the page responds, and both of two changes hold'(
    visit,
  ) {
    await visit.open('400');
    const pairs = Array.from({ length: 60_000 }, (_, at) => `a ${at} 40\nf ${at}\n`).join('');
    await visit.chooseFile('#file', 'long.rep', pairs);
    await visit.until(() => document.querySelector('.where').textContent.includes('of 120,000'));
    await visit.page.evaluate(() => {
      window.seen = [];
      const look = () => {
        const bar = document.querySelector('segfit-transport progress');
        if (!bar.hidden) {
          window.seen.push(bar.value);
          if (window.seen.length === 2) {
            document.querySelector('[data-action="backCall"]').click();
            window.call = document.querySelector('.where').textContent;
            const select = document.querySelector('main > .health [data-setting="pools"]');
            select.value = '2';
            select.dispatchEvent(new Event('change', { bubbles: true }));
          }
        }
        requestAnimationFrame(look);
      };
      look();
    });
    await visit.page.select('main > .health [data-setting="columns"]', '4');
    const settled = () => document.querySelectorAll('main segfit-matrix th.column').length === 4;
    await visit.until(settled);
    await visit.settle();
    assert.match(await visit.page.evaluate(() => window.call), /^call 119,999 of/);
    const values = await visit.page.evaluate(() => [
      ...['columns', 'pools'].map(
        (name) => document.querySelector(`main > .health [data-setting="${name}"]`).value,
      ),
      document.querySelector('segfit-transport progress').hidden,
    ]);
    assert.deepEqual(values, ['4', '2', true]);
    assert.equal((await visit.where())[0], 119_999);
    await visit.click('#compare');
    await visit.until(() => document.querySelector('#second segfit-matrix') !== null);
  },

  async 'of two selected runs the later one is shown, however long the first takes to load'(visit) {
    await visit.open('300');
    await visit.page.evaluate(() => {
      const scenario = document.querySelector('#scenario');
      for (const name of ['comb', 'recorded']) {
        scenario.value = name;
        scenario.dispatchEvent(new Event('change', { bubbles: true }));
      }
    });
    await visit.page.waitForNetworkIdle({ idleTime: 200 });
    await visit.settle();
    assert.equal(await visit.page.$eval('#scenario', ({ value }) => value), 'recorded');
    assert.match(await visit.text('#what'), /^This is a real run/);
  },

  async 'each scenario plays, and the recorded run comes back'(visit) {
    await visit.open('10');
    for (const name of ['huge', 'sandwiched', 'comb', 'edge', 'sawtooth', 'aligned']) {
      await chooseScenario(visit, name);
      assert.match(await visit.text('#what'), /This run is a scenario\. /);
    }
    await visit.page.select('#scenario', 'recorded');
    await visit.until(() => document.querySelector('.where').textContent.includes('of 1,967'));
    assert.deepEqual(visit.problems, []);
  },

  async 'Why NULL? suggests a remedy that works'(visit) {
    await visit.open('10');
    await chooseScenario(visit, 'comb');
    await visit.press('ArrowRight');
    assert.match(await visit.text('.why-cause'), /not in one piece/);
    await visit.hover('.why .link');
    await visit.click('.why .link');
    assert.match(await visit.text('segfit-block .block-title'), /^used/);
    await visit.click('.why [data-action="smaller"]');
    assert.match(await visit.text('.call'), /→ 0x/);
    assert.equal(await visit.count('.why h2'), 0);
    await visit.press('ArrowLeft');
    await visit.click('.why [data-action="retry"]');
    assert.match(await visit.text('.call'), /^malloc\(300\) → 0x/);
  },

  async 'a class edge is missed by the stock search and found by the probe'(visit) {
    await visit.open('10');
    await chooseScenario(visit, 'edge');
    await visit.press('ArrowRight');
    assert.match(await visit.text('.why-cause'), /does not find it/);
    const policies = await visit.page.$$eval(
      'main > .health [data-setting="policy"] option',
      (all) => all.map(({ value }) => value),
    );
    await visit.page.select('main > .health [data-setting="policy"]', policies[0]);
    await visit.settle();
    assert.equal(await visit.count('.why h2'), 0);
    assert.match(await visit.text('.call'), /^malloc\(1030\) → 0x/);
  },

  async 'every setting makes another heap of the same calls'(visit) {
    await visit.open(busy);
    for (const name of ['policy', 'columns', 'size', 'growth', 'pools', 'align']) {
      const select = `main > .health [data-setting="${name}"]`;
      const [now, ...values] = await visit.page.$eval(select, ({ value, options }) => [
        value,
        ...[...options].map((option) => option.value),
      ]);
      const before = await visit.heap();
      const other = values.filter((value) => value !== now).at(-1);
      if (other === undefined) {
        assert.equal(await visit.page.$eval(select, ({ disabled }) => disabled), true);
        continue;
      }
      await visit.page.select(select, other);
      await visit.settle();
      assert.equal(await operation(visit), 1340);
      if (name !== 'growth') {
        assert.notEqual(await visit.heap(), before, name);
      }
      assert.equal(await visit.page.$eval(select, ({ value }) => value), other);
    }
  },

  async 'a button and a key show two heaps, which share the selection'(visit) {
    await visit.open(busy);
    await visit.click('#compare');
    await visit.until(() => document.querySelector('segfit-compare canvas')?.width > 0);
    assert.equal(await visit.attribute('#compare', 'aria-pressed'), 'true');
    assert.ok((await visit.count('.metrics tbody tr')) >= 10);
    assert.ok((await visit.count('.metrics .better')) > 0);
    const { x, y, width } = await box(visit, '#second segfit-map canvas');
    await visit.page.mouse.click(x + width * 0.2, y + 6);
    await visit.settle();
    const [a, b] = await visit.texts('segfit-block dl');
    const call = /in call [\d,]+/;
    assert.equal(a.match(call)[0], b.match(call)[0]);
    await visit.page.select('#second [data-setting="columns"]', '4');
    await visit.settle();
    assert.equal(await visit.count('#second segfit-matrix thead .column'), 4);
    await visit.blur();
    await visit.press('ArrowRight');
    assert.equal(await operation(visit), 1341);
    // The same call takes other steps in B; its buttons go to its own steps.
    await visit.page.evaluate(() => {
      const steps = [...document.querySelectorAll('#second .steps button')];
      steps.find(({ textContent }) => textContent === 'take').click();
    });
    await visit.settle();
    assert.deepEqual(await visit.texts('.steps [aria-current]'), ['take', 'take']);
    await visit.press('c');
    assert.equal(await visit.count('#second *'), 0);
  },
};

const touching = {
  async 'a finger taps, drags and swipes'(visit) {
    await resize(visit.page, { width: 375, height: 740, hasTouch: true });
    await visit.open('300.2');
    const tap = async (selector, share = 0.5) => {
      const { x, y, width, height } = await box(visit, selector);
      await visit.page.touchscreen.tap(x + width * share, y + Math.min(height / 2, 6));
      await visit.settle();
    };
    await tap('[data-action="step"]');
    assert.deepEqual(await visit.where(), [300, 4]);
    await tap('.tape canvas', 0.7);
    assert.match(await visit.text('segfit-block .block-title'), /0x/);
    await tap('segfit-timeline .chart', 0.5);
    assert.ok(Math.abs((await operation(visit)) - 984) < 20);
    await tap('.zoom button:nth-child(2)');
    const { x, y, width } = await box(visit, 'segfit-caption .sentence');
    const finger = await visit.page.touchscreen.touchStart(x + width * 0.8, y + 5);
    await finger.move(x + width * 0.4, y + 6);
    await finger.move(x + width * 0.1, y + 6);
    await finger.end();
    await visit.settle();
    assert.ok((await operation(visit)) >= 984 - 20 && (await visit.where())[1] === 1);
    await resize(visit.page, { width: 1440, height: 900 });
  },
};

const moving = {
  async 'a block that enters its list is animated'(visit) {
    await visit.open('1350.6');
    const flights = visit.page.evaluate(
      () =>
        new Promise((done) => {
          const seen = [];
          const observer = new MutationObserver((records) => {
            for (const { addedNodes } of records) {
              seen.push(...[...addedNodes].flatMap((node) => node.className ?? []));
            }
          });
          observer.observe(document.body, { childList: true });
          for (let step = 0; step < 4; step++) {
            document.querySelector('[data-action="step"]').click();
          }
          const end = () => {
            if (document.querySelector('.flight') === null) {
              observer.disconnect();
              done(seen);
            } else {
              requestAnimationFrame(end);
            }
          };
          requestAnimationFrame(end);
        }),
    );
    const seen = await flights;
    assert.ok(seen.includes('flight wall') && seen.includes('flight card'), seen.join());
  },
};

export const controls = { ...looking, ...going, ...asking, ...touching, ...moving };
