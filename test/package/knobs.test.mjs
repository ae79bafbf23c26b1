// SPDX-License-Identifier: MIT
// Knobs and variables that nobody knows, or with values that cannot be, are refused by name: by the
// sources, by CMake, by the C tests and by the recorder.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';

let folder;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-knobs-'));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function run(program, words, env = {}) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  return { status, output: (stdout + stderr).replaceAll(/\s+/g, ' ') };
}

const compile = (source, ...flags) =>
  run('cc', ['-std=gnu11', '-Iinclude', '-I.', '-fsyntax-only', ...flags, source]);

const flags = ['STATS', 'EVENTS', 'FIXED_SEARCH', 'THREADS', 'DEBUG'];
const numbers = {
  CHECK: [-1, 5],
  QUARANTINE: [0, 65536],
  QUARANTINE_LARGEST: [-1, 1073741825],
  WALK: [-1, 65536],
  PROBES: [-1, 65],
  FIXED_ROWS: [-1, 65],
  FIXED_COLUMNS_LOG2: [-1, 6],
  CACHE: [-1, 256],
  CACHE_LARGEST: [48, 100, 4112],
  CACHE_BYTES: [63, 1048577],
  CACHE_BATCH: [0, 256],
  CACHE_REFILL: [-1, 65537],
  CACHE_ISLAND: [-1, 65537],
  CACHE_LOOKS: [0, 65],
  WORDWISE: [-1, 1025],
  ALIGN: [0, 12, 32],
  ...Object.fromEntries(flags.map((name) => [name, [-1, 2]])),
};

test('config.h refuses every knob out of its range, a word for a number, and no value', () => {
  const source = path.join(folder, 'config.c');
  fs.writeFileSync(source, '#include "segfit.h"\n#include "src/core/config.h"\n');
  assert.equal(compile(source).status, 0);
  const policy = compile('src/core/pools.c', '-DSEGFIT_FIXED_POLICY=2').output;
  assert.ok(policy.includes('SEGFIT_FIXED_POLICY is SEGFIT_POLICY_PROBE or'), policy);
  for (const [name, values] of Object.entries(numbers)) {
    for (const value of [...values, 'high', '']) {
      const { status, output } = compile(source, `-DSEGFIT_${name}=${value}`);
      assert.notEqual(status, 0, `${name}=${value}`);
      assert.ok(output.includes(`SEGFIT_${name}`), output);
    }
  }
});

test("malloc's knobs are refused out of their range, too", () => {
  const unit = ['-DSEGFIT_MALLOC=1', '-fno-builtin'];
  assert.equal(compile('src/malloc/malloc.c', ...unit).status, 0);
  for (const [name, value] of [
    ['MALLOC_GROWTH_SHIFT', 64],
    ['MALLOC_RESERVE', 100],
    ['MALLOC_ERRNO', 2],
    ['MALLOC_EXHAUSTED', 'never'],
  ]) {
    const { status, output } = compile('src/malloc/malloc.c', ...unit, `-DSEGFIT_${name}=${value}`);
    assert.notEqual(status, 0, `${name}=${value}`);
    assert.ok(output.includes(`SEGFIT_${name}`), output);
  }
});

test('CMake refuses unknown knobs, impossible values and unknown variables', () => {
  const configure = (...words) =>
    run('cmake', ['-S', root, '-B', path.join(folder, 'cmake'), '-DSEGFIT_TESTS=OFF', ...words]);
  const usual = '-DSEGFIT_DEFINITIONS=';
  for (const [words, said] of [
    [
      ['-DSEGFIT_DEFINITIONS=SEGFIT_CHEK=0'],
      'there is no knob "SEGFIT_CHEK". Known: SEGFIT_CACHE,',
    ],
    [['-DSEGFIT_DEFINITIONS=SEGFIT_CHECK='], 'SEGFIT_CHECK has no value'],
    [['-DSEGFIT_DEFINITIONS=SEGFIT_CHECK=7'], 'SEGFIT_CHECK is 0 to 4'],
    [['-DSEGFIT_DEFINITIONS=SEGFIT_ALIGN=16'], 'SEGFIT_ALIGN is a variable of its own'],
    [[usual, '-DSEGFIT_ALIGN=12'], 'SEGFIT_ALIGN is 8 or 16, not "12"'],
    [[usual, '-DSEGFIT_ALIGN=', '-DSEGFIT_CHECK=4'], 'there is no option SEGFIT_CHECK'],
  ]) {
    const { status, output } = configure(...words);
    assert.notEqual(status, 0, words.join(' '));
    assert.ok(output.includes(said), output);
  }
  const { status, output } = configure(
    '-USEGFIT_CHECK',
    '-DSEGFIT_DEFINITIONS=SEGFIT_CACHE_BYTES=4096',
  );
  assert.equal(status, 0, output);
});

test('C tests refuse a SEED that is not a number', () => {
  const program = path.join(folder, 'seeded');
  const source = path.join(folder, 'seeded.c');
  fs.writeFileSync(
    source,
    `#define TEST_MAIN
#include "${path.join(root, 'test', 'c', 'test.h')}"
TEST(a_seed_is_taken) { CHECK(test_seed() == 0x12); }
`,
  );
  assert.equal(run('cc', [source, '-o', program]).status, 0);
  for (const SEED of ['18', '0x12']) assert.equal(run(program, [], { SEED }).status, 0);
  for (const SEED of ['abc', '', '-1', '12x', ' 12']) {
    const { status, output } = run(program, [], { SEED });
    assert.equal(status, 2, output);
    assert.ok(output.includes(`SEED takes a number from 0 on, not "${SEED}"`), output);
  }
});

test('the recorder refuses times that are neither 0 nor 1', {
  skip: process.platform !== 'linux',
}, () => {
  const library = path.join(folder, 'record.so');
  const words = ['-shared', '-fPIC', '-DSEGFIT_RECORD=1', 'src/tools/record.c', '-o', library];
  assert.equal(run('cc', words).status, 0);
  const file = path.join(folder, 'trace.heapl');
  const record = (times) =>
    run('/bin/ls', [folder], {
      LD_PRELOAD: library,
      SEGFIT_RECORD_FILE: file,
      SEGFIT_RECORD_TIMES: times,
    });
  assert.ok(record('yes').output.includes('SEGFIT_RECORD_TIMES takes 0 or 1'));
  assert.ok(!fs.existsSync(file));
  record('1');
  assert.ok(fs.statSync(file).size > 100);
});
