// SPDX-License-Identifier: MIT
/**
 * Finds every visible control in every state of the page, and uses it by mouse, by keyboard and by
 * touch: the control must be hit, and something must change. No list of controls is needed;
 * controls that appear meanwhile are used too. Of equal controls (cells of the matrix, steps of a
 * call) only one is used.
 */
import assert from 'node:assert/strict';

import { resize } from './page.mjs';

/** The number of rounds in which controls that appeared are searched. */
const rounds = 6;

/**
 * Injected into the page: finds and names controls, records their events, and describes the page's
 * state.
 */
function watch() {
  const controls =
    'a[href], button, input, select, summary, textarea, [role="option"], [role="slider"], ' +
    '[role="gridcell"], ' +
    '[role="application"], [tabindex]:not([tabindex="-1"])';
  const alike = [
    ['segfit-matrix td', 'cell'],
    ['segfit-matrix', 'matrix'],
    ['.ruler [role="option"]', 'size'],
    ['segfit-list li', 'block in list'],
    ['.steps button', 'step'],
    ['segfit-table tbody button', 'row of table'],
    ['.presets button', 'preset'],
    ['.finding', 'finding'],
    ['.pins .link', 'pin'],
    ['.why .link', 'pin of why'],
    ['[data-action="retry"]', 'retry'],
    ['.chapters li a', 'chapter'],
    ['.lesson p .link', 'prose link'],
    ['segfit-block .link', 'link of block'],
    ['.choices button', 'choice'],
    ['.question > button', 'predict'],
  ];
  const nameOf = (element) => {
    const place = element.closest('#second, #learn, dialog, #problems, main, header');
    const where = place?.id || place?.localName || '';
    const [, same] = alike.find(([selector]) => element.matches(selector)) ?? [];
    const { action, setting } = element.dataset;
    const own =
      action ??
      setting ??
      (element.id.replace(/-\d+$/, '') || element.getAttribute('aria-label')) ??
      element.textContent.trim().slice(0, 24);
    return `${where} ${element.closest('[class^=widget], section')?.localName ?? ''} ${
      same ?? `${element.localName} ${own}`
    }`;
  };
  const isSeen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return (
      width > 0 &&
      height > 0 &&
      !element.disabled &&
      element.checkVisibility({ visibilityProperty: true, opacityProperty: false }) &&
      element.getAttribute('aria-hidden') !== 'true' &&
      // No size has that class.
      !element.matches('td.never')
    );
  };
  const all = () => {
    const dialog = document.querySelector('dialog[open]');
    return [...(dialog ?? document).querySelectorAll(controls)].filter(isSeen);
  };
  const heard = new Set();
  for (const type of ['click', 'keydown', 'input', 'change']) {
    addEventListener(
      type,
      (event) => {
        if (event.isTrusted) {
          // By name, since the element under the pointer may be replaced on hover.
          event
            .composedPath()
            .filter((each) => each instanceof Element && each.matches(controls))
            .forEach((each) => heard.add(nameOf(each)));
        }
      },
      true,
    );
  }
  const shows = () => {
    const values = [...document.querySelectorAll('input, select, details, dialog')].map(
      ({ value, checked, open }) => [value, checked, open],
    );
    const pictures = [...document.querySelectorAll('segfit-strip canvas')].map((canvas) =>
      canvas.toDataURL(),
    );
    // Without the URL, which changes later.
    return JSON.stringify([document.body.innerHTML, values, pictures]);
  };
  // A download would open a panel of the browser, which takes the focus.
  HTMLAnchorElement.prototype.click = () => {};
  // Settings are not stored for the next visit.
  Storage.prototype.setItem = () => {};
  let before = '';
  window.every = {
    names: () => [...new Set(all().map(nameOf))],
    /** Prepares the control of that name; returns null if it is gone. */
    take(name, focus) {
      const found = all().filter((element) => nameOf(element) === name);
      const isChosen = (each) =>
        (each.closest('tr.selected') ?? each).matches(
          '.selected, [aria-selected="true"], [aria-current]',
        );
      const element = found.find((each) => !isChosen(each)) ?? found[0];
      if (element === undefined) {
        return null;
      }
      heard.clear();
      window.taken = element;
      element.scrollIntoView({ block: 'center', inline: 'center' });
      if (focus) {
        const inner = element.tabIndex >= 0 ? element : found.find(({ tabIndex }) => tabIndex >= 0);
        window.taken = inner ?? element;
        window.taken.focus({ preventScroll: true });
      }
      before = shows();
      return true;
    },
    /** Returns the control's kind, centre and options, once the page is at rest. */
    describe() {
      const { left, top, width, height } = window.taken.getBoundingClientRect();
      const { localName, type } = window.taken;
      const options = [...(window.taken.options ?? [])].map(({ value }) => value);
      return {
        kind: localName === 'input' ? type : localName,
        focused: document.activeElement === window.taken,
        x: left + width * 0.62,
        // The last line of a map belongs to a block that is seldom selected.
        y: localName === 'canvas' ? top + height - 6 : top + Math.min(height / 2, 9),
        other: options.find((value) => value !== window.taken.value && value !== 'yours'),
      };
    },
    /** Records the state that a use must change. Returns whether it is unchanged. */
    rebase: () => {
      const now = shows();
      const same = now === before;
      before = now;
      return same;
    },
    heard: (name) => heard.has(name),
    changed: () => shows() !== before,
  };
}

/** Goes to a state with the most controls, at another moment each turn, so that the URL changes. */
async function calm(visit, state, turn) {
  await visit.page.evaluate(
    (home, number) => {
      document.querySelector('dialog[open]')?.close();
      document.querySelectorAll('segfit-share details').forEach((menu) => (menu.open = false));
      document.activeElement?.blur();
      const scenario = document.querySelector('#scenario');
      if (scenario.value !== 'recorded') {
        scenario.value = 'recorded';
        scenario.dispatchEvent(new Event('change', { bubbles: true }));
      }
      if (home !== '') {
        location.hash = home.replace('N', String(number));
      }
    },
    state.home,
    1330 + (turn % 9),
  );
  if (state.home.startsWith('#at')) {
    await visit.until(
      (call) => document.querySelector('.where').textContent.startsWith(`call ${call}`),
      `1,33${turn % 9}`,
    );
  }
  await visit.settle();
  await state.ready?.(visit);
}

async function choose(visit, value) {
  if (value !== undefined) {
    // The browser draws the list of a select outside the page; its result is an event.
    await visit.page.evaluate((chosen) => {
      window.taken.value = chosen;
      window.taken.dispatchEvent(new Event('input', { bubbles: true }));
      window.taken.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  }
}

const typed = { number: '7', text: '12' };

/** How each input method uses a control; undefined if it cannot. */
const ways = {
  async keyboard(visit, { kind }) {
    const { keyboard } = visit.page;
    if (kind === 'select') {
      await keyboard.press('ArrowDown');
      await visit.settle();
      // The last element has nothing below it.
      if (!(await visit.page.evaluate(() => window.every.changed()))) {
        await keyboard.press('ArrowUp');
      }
      return undefined;
    }
    if (kind in typed) {
      await keyboard.type(typed[kind]);
    } else if (kind === 'checkbox') {
      await keyboard.press(' ');
    } else if (['button', 'a', 'summary'].includes(kind)) {
      await keyboard.press('Enter');
    } else if (kind === 'pre') {
      await keyboard.press('ArrowDown');
    } else {
      await keyboard.press(kind === 'range' ? 'ArrowLeft' : 'ArrowRight');
    }
    return undefined;
  },
  async mouse(visit, { kind, x, y, other }) {
    if (kind === 'select') {
      return choose(visit, other);
    }
    await visit.page.mouse.move(x, y);
    await visit.settle();
    // Hovering changes the picture but does not use the control.
    await visit.page.evaluate(() => window.every.rebase());
    await visit.page.mouse.click(x, y);
    if (kind in typed) {
      await visit.page.keyboard.type(typed[kind]);
    }
    return undefined;
  },
  async touch(visit, { kind, x, y, other }) {
    if (kind === 'select') {
      return choose(visit, other);
    }
    await visit.page.touchscreen.tap(x, y);
    if (kind in typed) {
      await visit.page.keyboard.type(typed[kind]);
    }
    return undefined;
  },
};

/** Controls whose use need not change anything visible, and why. */
const quiet = [
  [/ pre /, 'the source scrolls, if it is longer than its place'],
  [/ file$/, 'opens a dialog of the browser; panels.mjs chooses files'],
];

/** The preparation that some controls need before they can change something. */
const first = [
  [/Around the selection/, (page) => page.click('.zoom button')],
  [/block in list/, (page) => chooseLongList(page)],
  [/prose link/, (page) => page.click('segfit-learn [data-action="start"]')],
  [/ (next|previous)$/, (page) => page.select('[data-action="interest"]', 'any')],
  [/ (wider|all)$/, (page) => page.click('[data-action="closer"]')],
  [/ match|all-blocks$/, (page) => filterBy(page)],
];

async function chooseLongList(page) {
  await page.evaluate(() => {
    const cells = [...document.querySelectorAll('main segfit-matrix td')];
    cells.find(({ textContent }) => Number(textContent) > 1).click();
  });
}

async function filterBy(page) {
  await page.evaluate(() => {
    const input = document.querySelector('[data-action="filter"]');
    input.value = 'free';
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

const names = (visit) => visit.page.evaluate(() => window.every.names());

/** Uses each control of a state that was not used before, and each that appears meanwhile. */
async function useAll(visit, way, state, used) {
  const problems = [];
  const enter = async () => {
    await state.open(visit);
    await visit.page.evaluate(watch);
  };
  await enter();
  let turn = 0;
  for (let round = 0; round < rounds; round++) {
    await calm(visit, state, turn++);
    const left = (await names(visit)).filter((name) => !used.has(name));
    if (left.length === 0) {
      return problems;
    }
    for (const name of left) {
      used.add(name);
      const problem = await use(visit, way, state, name, turn++).catch((error) => {
        throw new Error(`at ${name}`, { cause: error });
      });
      if (problem !== '') {
        problems.push(`${name}: ${problem}`);
      }
      if ((await visit.page.evaluate(() => window.every)) === undefined) {
        await enter();
      }
    }
  }
  return [...problems, 'new controls appear without an end'];
}

/** Waits until nothing changes by itself, since words are counted in the background. */
async function rest(visit) {
  let still = 0;
  for (let look = 0; look < 400 && still < 2; look++) {
    await visit.settle();
    still = (await visit.page.evaluate(() => window.every.rebase())) ? still + 1 : 0;
  }
}

async function use(visit, way, state, name, turn) {
  const take = () =>
    visit.page.evaluate((...all) => window.every.take(...all), name, way === 'keyboard');
  // Some controls exist only after the previous use; most start from a calm state.
  let control = null;
  if (turn > 1) {
    await calm(visit, state, turn);
  }
  const [, prepare] = first.find(([pattern]) => pattern.test(name)) ?? [];
  await prepare?.(visit.page);
  control = await take();
  // A control that appeared with another one and is gone was used together with it.
  if (control === null || quiet.some(([pattern]) => pattern.test(name))) {
    return '';
  }
  await rest(visit);
  control = await visit.page.evaluate(() => window.every.describe());
  if (way === 'keyboard' && !control.focused) {
    return 'cannot have the focus';
  }
  await ways[way](visit, control);
  await visit.settle();
  const heard = await visit.page.evaluate((wanted) => window.every.heard(wanted), name);
  if (!heard && control.kind !== 'select') {
    return 'is not hit';
  }
  // The change may come a little later.
  for (let look = 0; look < 10; look++) {
    if (await visit.page.evaluate(() => window.every.changed())) {
      return '';
    }
    await visit.settle();
  }
  return 'changes nothing';
}

const scenario = async (visit, name) => {
  await visit.page.select('#scenario', name);
  // Scenarios are built when they are selected.
  await visit.until(() => /made up/.test(document.querySelector('#what').textContent));
  await visit.settle();
};

/** `home` is the fragment to return to between two controls; N stands for a varying number. */
const states = {
  'the page': { home: '#at=N.3', open: (visit) => visit.open('1340.3') },
  'a call that returned NULL': {
    home: '',
    open: (visit) => visit.open('1340.3'),
    async ready(visit) {
      await scenario(visit, 'comb');
      await visit.page.evaluate(() => document.querySelector('[data-action="end"]').click());
      await visit.settle();
    },
  },
  'a chapter': {
    home: '#learn=5',
    async ready(visit) {
      const heads = (number) =>
        visit.until(
          (wanted) =>
            document.querySelector('segfit-learn h2')?.textContent.startsWith(`${wanted}.`),
          number,
        );
      await heads(5);
      await visit.page.evaluate(() => {
        location.hash = '#learn=6';
      });
      await heads(6);
      await visit.settle();
    },
    open: (visit) => visit.load('learn=6', '.question button'),
  },
  'the sheet of keys': {
    home: '',
    open: (visit) => visit.open('1340.3'),
    async ready(visit) {
      await visit.page.evaluate(() => document.querySelector('#keys').click());
      await visit.settle();
    },
  },
};

export const every = Object.fromEntries(
  Object.keys(ways).map((way) => [
    `every control is used by ${way}`,
    async (visit) => {
      if (way === 'touch') {
        await resize(visit.page, { width: 375, height: 740, hasTouch: true });
      }
      await visit.page.bringToFront();
      const used = new Set();
      for (const [title, state] of Object.entries(states)) {
        assert.deepEqual(await useAll(visit, way, state, used), [], title);
      }
      await resize(visit.page, { width: 1440, height: 900 });
    },
  ]),
);
