// SPDX-License-Identifier: MIT
// Every command refuses unknown arguments and variables by name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  checkEnvironment,
  each,
  flag,
  Help,
  minutes,
  number,
  oneOf,
  readArguments,
  seed,
  seedOr,
  someOf,
  text,
} from '../../wasm/toolchain/arguments.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';

const settings = {
  usage: 'usage: tool',
  options: {
    quick: flag,
    file: text,
    count: number(1, 10),
    minutes,
    seed,
    kind: oneOf(['a', 'b']),
    only: someOf(['a', 'b', 'c']),
    variant: each(text),
  },
  most: 1,
};

test('arguments are read, with = or without, in any order', () => {
  assert.deepEqual(readArguments([], settings), { names: [] });
  const words = [
    '--count=3',
    'name',
    '--quick',
    '--file',
    '-',
    '--only',
    'c,a',
    '--minutes',
    '0.5',
    '--seed=0xA',
  ];
  assert.deepEqual(readArguments([...words, '--kind', 'b'], settings), {
    names: ['name'],
    quick: true,
    file: '-',
    count: 3,
    minutes: 0.5,
    seed: 10,
    kind: 'b',
    only: ['c', 'a'],
  });
  const variants = ['--variant', 'x=-O2', '--variant=y'];
  assert.deepEqual(readArguments(variants, settings).variant, ['x=-O2', 'y']);
  assert.equal(readArguments(['--count', '1', '--count', '2'], settings).count, 2);
  assert.deepEqual(readArguments(['--', '--odd'], settings).names, ['--odd']);
});

test('unknown arguments, and missing or wrong values, are refused by name', () => {
  const cases = [
    [['--fast'], 'unknown option "--fast"; usage: tool'],
    [['--fast=1'], 'unknown option "--fast"; usage: tool'],
    [['-q'], 'unknown option "-q"; usage: tool'],
    [['--toString'], 'unknown option "--toString"; usage: tool'],
    [['--__proto__'], 'unknown option "--__proto__"; usage: tool'],
    [['--no-quick'], 'unknown option "--no-quick"; usage: tool'],
    [['one', 'two'], 'unknown option "two"; usage: tool'],
    [['--file'], '--file takes a value, not nothing; usage: tool'],
    [['--file='], '--file takes a value, not ""'],
    [['--quick=yes'], '--quick takes no value; usage: tool'],
    [['--count', '11'], '--count takes a number from 1 to 10, not "11"'],
    [['--count=0'], '--count takes a number from 1 to 10, not "0"'],
    [['--count', '3x'], '--count takes a number from 1 to 10, not "3x"'],
    [['--count', '1.5'], '--count takes a number from 1 to 10, not "1.5"'],
    [['--count', '-1'], '--count takes a number from 1 to 10, not "-1"'],
    [['--minutes', 'long'], '--minutes takes a number from 0.001 on, not "long"'],
    [['--minutes', '0'], '--minutes takes a number from 0.001 on, not "0"'],
    [['--seed', '0y1'], '--seed takes a number from 0 on, not "0y1"'],
    [['--count', '0x1'], '--count takes a number from 1 to 10, not "0x1"'],
    [['--kind', 'c'], '--kind takes one of a, b, not "c"'],
    [['--only', 'a,d'], '--only takes one of a, b, c, not "d"'],
  ];
  for (const [words, message] of cases) {
    assert.throws(() => readArguments(words, settings), { message, exitCode: 2 });
  }
});

test('--help gives the usage', () => {
  for (const word of ['--help', '-h']) {
    const isHelp = (error) => error instanceof Help && error.message === 'usage: tool';
    assert.throws(() => readArguments(['--quick', word], settings), isHelp);
  }
});

test('an unknown variable of the environment that looks like a setting is refused', () => {
  checkEnvironment({ PATH: '/bin', SEGFIT_RECORD_FILE: 'x', SEGFIT_OPTIONS: 'y', XSEGFIT_A: '' });
  const refused = {
    message: /^unknown variable SEGFIT_CHECK in the environment; known: /,
    exitCode: 2,
  };
  assert.throws(() => checkEnvironment({ SEGFIT_CHECK: '4' }), refused);
});

test('SEED is a number', () => {
  assert.equal(seedOr(7, {}), 7);
  assert.equal(seedOr(7, { SEED: '12' }), 12);
  assert.equal(seedOr(7, { SEED: '0x1F' }), 31);
  for (const SEED of ['abc', '', '-1', '1.5', '12 ', '0x']) {
    const message = `SEED takes a number from 0 on, not ${JSON.stringify(SEED)}`;
    assert.throws(() => seedOr(7, { SEED }), { message, exitCode: 2 });
  }
});

/**
 * The files behind the npm scripts, and those that the documents tell a reader to run with node.
 */
function commands() {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const behind = Object.values(scripts).map((line) => line.replace(/^exec /, ''));
  const more = [
    'bench/smoke.mjs',
    'test/workloads/traces/record.mjs',
    'test/budgets/run.mjs',
    'test/corruption/run.mjs',
    'test/js/browser.mjs',
    'test/package/npm/api.mjs',
    'test/programs/run.mjs',
    'test/realtime/run.mjs',
    'test/web/browser.mjs',
    'wasm/js/build/build.mjs',
    'wasm/module/build.mjs',
    'wasm/module/modules.mjs',
    'web/build.mjs',
    'web/traces/record.mjs',
  ].map((file) => `node ${file}`);
  return [...behind, ...more].map((line) => line.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/).slice(1));
}

const start = (words, env = {}) =>
  spawnSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });

for (const words of commands()) {
  const plain = words.map((word) => word.replaceAll('"', ''));
  test(`node ${words.join(' ')} refuses an unknown option`, () => {
    const { status, stderr, stdout } = start([...plain, '--no-such-option']);
    assert.equal(status, 2, stdout + stderr);
    assert.match(stderr, /^segfit: .*--no-such-option/);
  });
}

test('commands refuse an unknown variable of segfit', () => {
  const { status, stderr } = start(['wasm/toolchain/build.mjs'], { SEGFIT_CHECK: '4' });
  assert.equal(status, 2);
  assert.match(stderr, /^segfit: unknown variable SEGFIT_CHECK in the environment; known: .*\n$/);
});
