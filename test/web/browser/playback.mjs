// SPDX-License-Identifier: MIT
/** Playing, stepping and seeking, by mouse and by keyboard. */
import assert from 'node:assert/strict';

const last = 1;

/** `act` moves from `from` to `[call, step]`; a step of 'last' is the end of that call. */
async function moves(visit, from, act, [call, step]) {
  await visit.open(from);
  await act();
  const [toCall, toStep] = await visit.where();
  assert.deepEqual([toCall, toStep], [call, step === last ? await visit.steps() : step]);
}

const byMouse = {
  Restart: ['300.2', [0, last], '[data-action="start"]'],
  'Back one call': ['300.2', [299, last], '[data-action="backCall"]'],
  'Back one step': ['300.2', [300, 2], '[data-action="backStep"]'],
  'One step': ['300.2', [300, 4], '[data-action="step"]'],
  'One call': ['300', [301, last], '[data-action="call"]'],
};

const byKey = {
  Home: ['300.2', [0, last], ['Home']],
  ArrowLeft: ['300.2', [299, last], ['ArrowLeft']],
  'Shift ArrowLeft': ['300.2', [300, 2], ['ArrowLeft', 'Shift']],
  'Shift ArrowRight': ['300.2', [300, 4], ['ArrowRight', 'Shift']],
  ArrowRight: ['300', [301, last], ['ArrowRight']],
  'Alt ArrowRight': ['300', [400, last], ['ArrowRight', 'Alt']],
  'Alt ArrowLeft': ['300', [200, last], ['ArrowLeft', 'Alt']],
};

export const playback = {
  async 'the page loads, and every panel shows something'(visit) {
    await visit.open('100');
    assert.deepEqual(visit.problems, []);
    for (const panel of ['transport', 'caption', 'map', 'matrix', 'list', 'block', 'hand']) {
      const height = await visit.page.$eval(`segfit-${panel}`, (element) => element.offsetHeight);
      assert.ok(height > 20, `segfit-${panel} is ${height} pixels high`);
    }
    assert.match(await visit.text('#provenance'), /calls, recorded from a real run of Lua/);
  },

  async 'the page plays when opened, and pauses on request'(visit) {
    await visit.open();
    assert.equal(await visit.playing(), true);
    await visit.until(() =>
      /call ([5-9]|\d{2,}) /.test(document.querySelector('.where').textContent),
    );
    await visit.click('.play');
    assert.equal(await visit.playing(), false);
    const stopped = await visit.where();
    for (let frame = 0; frame < 20; frame++) {
      await visit.settle();
    }
    assert.deepEqual(await visit.where(), stopped);
    await visit.click('.play');
    await visit.until(
      (call) =>
        Number(/[\d,]+/.exec(document.querySelector('.where').textContent)[0].replaceAll(',', '')) >
        call,
      stopped[0],
    );
  },

  async 'panels about the whole heap update while the run plays, and playback continues'(visit) {
    await visit.open();
    await visit.until(() => document.querySelector('.fits-text')?.textContent !== '');
    const before = await visit.text('.fits-text');
    assert.equal(await visit.playing(), true);
    assert.ok(await visit.count('segfit-fits svg path'));
    assert.match(await visit.text('.pins h3'), /fragment it|bound the hole/);
    await visit.until((said) => document.querySelector('.fits-text').textContent !== said, before);
    assert.equal(await visit.playing(), true);
  },

  async 'the space bar plays and pauses'(visit) {
    await visit.open('10');
    await visit.press(' ');
    assert.equal(await visit.playing(), true);
    await visit.press(' ');
    assert.equal(await visit.playing(), false);
  },

  ...Object.fromEntries(
    Object.entries(byMouse).map(([name, [from, to, selector]]) => [
      `the button "${name}"`,
      (visit) => moves(visit, from, () => visit.click(selector), to),
    ]),
  ),

  ...Object.fromEntries(
    Object.entries(byKey).map(([name, [from, to, keys]]) => [
      `the key ${name}`,
      (visit) => moves(visit, from, () => visit.press(...keys), to),
    ]),
  ),

  async 'the end is reached by button and by key'(visit) {
    for (const act of [() => visit.click('[data-action="end"]'), () => visit.press('End')]) {
      await visit.open('300');
      await act();
      const numbers = (await visit.text('.where')).replaceAll(',', '').match(/\d+/g).map(Number);
      assert.equal(numbers[0], numbers[1]);
    }
  },

  async 'a step inside a call shows the heap in the middle of it'(visit) {
    await visit.open('299');
    const before = await visit.heap();
    await visit.press('ArrowRight');
    const after = await visit.heap();
    const steps = await visit.steps();
    assert.ok(steps > 3, `call 300 has ${steps} steps`);
    const seen = new Set();
    await visit.open('299');
    for (let step = 1; step < steps; step++) {
      await visit.press('ArrowRight', 'Shift');
      assert.deepEqual(await visit.where(), [300, step]);
      const heap = await visit.heap();
      assert.notEqual(heap, before);
      assert.notEqual(heap, after);
      seen.add(heap);
    }
    assert.equal(seen.size, steps - 1);
  },

  async 'stepping back restores exactly the previous heap'(visit) {
    await visit.open('600.0');
    const seen = [];
    const steps = (await visit.steps()) + 6;
    for (let step = 0; step < steps; step++) {
      seen.push(await visit.heap());
      await visit.press('ArrowRight', 'Shift');
    }
    assert.ok((await visit.where())[0] > 600);
    for (const there of seen.reverse()) {
      await visit.press('ArrowLeft', 'Shift');
      assert.equal(await visit.heap(), there);
    }
  },

  async 'back by one call shows the same heap as before'(visit) {
    await visit.open('900');
    await visit.press('ArrowLeft');
    const there = await visit.heap();
    await visit.press('ArrowRight');
    assert.notEqual(await visit.heap(), there);
    await visit.press('ArrowLeft');
    assert.equal(await visit.heap(), there);
  },

  async 'a step in the row of steps can be clicked'(visit) {
    await visit.open('300.0');
    await visit.click('.steps li:nth-child(4) button');
    assert.deepEqual(await visit.where(), [300, 4]);
    assert.equal(await visit.attribute('.steps li:nth-child(4) button', 'aria-current'), 'step');
  },

  async 'the slider seeks, and its keys move by calls'(visit) {
    await visit.open('300');
    await visit.set('.scrubber input', 1200);
    assert.equal((await visit.where())[0], 1200);
    await visit.page.focus('.scrubber input');
    await visit.press('ArrowRight');
    assert.equal((await visit.where())[0], 1201);
  },

  async 'the speed can be chosen, down to single steps'(visit) {
    await visit.open('300');
    await visit.page.select('segfit-transport select', '1');
    await visit.click('.play');
    await visit.until(() =>
      /call 301 .* step [2-9] /.test(document.querySelector('.where').textContent),
    );
    await visit.click('.play');
    await visit.page.select('segfit-transport select', '5');
    await visit.click('.play');
    await visit.until(() =>
      /call (3[2-9]\d|[4-9]\d\d|1,\d+) /.test(document.querySelector('.where').textContent),
    );
  },

  async 'the URL restores the moment'(visit) {
    await visit.open('300.2');
    await visit.press('ArrowRight', 'Shift');
    await visit.until(() => location.hash.includes('at=300.3&'));
    assert.deepEqual(await visit.where(), [300, 4]);
  },
};
