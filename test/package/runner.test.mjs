// SPDX-License-Identifier: MIT
/** `npm test`: its words, its stages, and how stages share the processors. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';
import { inOrderOfCores } from '../run/schedule.mjs';
import { stages } from '../run/stages.mjs';

const script = path.join(root, 'test', 'run', 'main.mjs');
const runTest = (...words) => spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });

/**
 * Runs items to their end, one step of each at a time, and records how many processors are busy.
 */
async function scheduled(items, processors) {
  let busy = 0;
  const levels = [];
  const order = [];
  const results = await inOrderOfCores(items, processors, async ({ name, cores, steps = 1 }) => {
    order.push(name);
    busy += Math.min(cores, processors);
    levels.push(busy);
    for (let step = 0; step < steps; step++) await new Promise(setImmediate);
    busy -= Math.min(cores, processors);
    return name;
  });
  return { results, order, most: Math.max(...levels) };
}

test('stages that need one processor run side by side, and never more than there are', async () => {
  const items = [
    { name: 'one', cores: 1, steps: 5 },
    { name: 'two', cores: 2, steps: 3 },
    { name: 'three', cores: 1, steps: 2 },
    { name: 'four', cores: 1, steps: 9 },
  ];
  const { results, order, most } = await scheduled(items, 2);
  assert.deepEqual(results, ['one', 'two', 'three', 'four']);
  assert.deepEqual(order, ['one', 'three', 'four', 'two']);
  assert.equal(most, 2);
});

test('a stage that wants more processors than there are runs alone', async () => {
  const items = [
    { name: 'wide', cores: 2 },
    { name: 'narrow', cores: 1 },
  ];
  const { results, most } = await scheduled(items, 1);
  assert.deepEqual(results, ['wide', 'narrow']);
  assert.equal(most, 1);
});

test('a stage that throws ends the run', async () => {
  const failing = inOrderOfCores([{ cores: 1 }], 2, async () => {
    throw new Error('broken');
  });
  await assert.rejects(failing, /broken/);
});

test('every CMake preset with tests is a stage, and names are unique', () => {
  const { testPresets } = JSON.parse(fs.readFileSync(path.join(root, 'CMakePresets.json'), 'utf8'));
  const names = stages.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const presets = testPresets.filter(({ hidden }) => !hidden).map(({ name }) => name);
  assert.deepEqual(
    presets.filter((name) => !names.includes(name)),
    [],
  );
});

test("every folder with tests of Node's runner is part of a stage", () => {
  const testsIn = (folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true })
      .filter((file) => file.endsWith('.test.mjs'))
      .map((file) => path.posix.join(folder, path.dirname(file)));
  const folders = new Set(['test', 'bench'].flatMap(testsIn));
  // npm run test:package, which installs tools of its own.
  folders.delete('test/package/npm/matrix');
  const text = fs.readFileSync(path.join(root, 'test', 'run', 'stages.mjs'), 'utf8');
  assert.deepEqual(
    [...folders].filter((folder) => !text.includes(`'${folder}'`)),
    [],
  );
});

test('npm run watch names files that exist', async () => {
  const { default: config } = await import('../run/jest.source.config.mjs');
  const files = [...Object.values(config.moduleNameMapper), config.globalSetup]
    .map((name) => name.replace('<rootDir>/', ''))
    .concat('wasm/js/tsconfig.json', 'web/tsconfig.json', 'test/web/jest.config.mjs');
  assert.deepEqual(
    files.filter((name) => !fs.existsSync(path.join(root, name))),
    [],
  );
});

test('--list names every stage', () => {
  const { status, stdout } = runTest('--list');
  assert.equal(status, 0);
  for (const { name, title } of stages)
    assert.match(stdout, new RegExp(`^  ${name} +${title}`, 'm'));
});

for (const [words, message] of [
  [['--everything'], /unknown option "--everything".*usage: npm test/],
  [['--all=yes'], /--all takes no value.*usage: npm test/],
  [['nothing'], /no stage is named "nothing"; the stages are build, /],
  [['--all', 'jest'], /exclude one another/],
  [['--all', '--list'], /exclude one another/],
]) {
  test(`${words.join(' ')} is refused by name`, () => {
    const { status, stdout, stderr } = runTest(...words);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  });
}
