// SPDX-License-Identifier: MIT
/** The parts of the benchmarks: quoted results, traces, figures, budgets. Nothing is timed. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { judge } from '../../test/budgets/judge.mjs';
import { instructionsByFunction } from '../../test/workloads/callgrind.mjs';
import { traces } from '../../test/workloads/trace.mjs';
import {
  CALLOC,
  decode,
  encode,
  FREE,
  MALLOC,
  REALLOC,
} from '../../test/workloads/traces/format.mjs';
import { isTrace, workloads } from '../../test/workloads/workloads.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { seedOr } from '../../wasm/toolchain/arguments.mjs';
import { ratios } from '../malloc/figures.mjs';
import { parseOptions } from '../malloc/options.mjs';
import { figuresAgainstPeers } from '../malloc/summary.mjs';
import { reports } from '../report/all.mjs';
import { block } from '../report/readme.mjs';
import { readResults } from '../report/results.mjs';

test('README and the pages of results show the recorded results', () => {
  for (const [file, text] of Object.entries(reports())) {
    const name = path.relative(root, file);
    assert.equal(fs.readFileSync(file, 'utf8'), text, `${name}: run npm run bench:report`);
  }
});

test('another result makes another block in README', () => {
  const results = readResults();
  const before = block(results);
  const { table } = results.malloc.engines[0];
  table[results.malloc.workloads[0].name].segfit.min *= 2;
  assert.notEqual(block(results), before);
});

/** Operations of blocks that live before they are freed, in the slots that decoding gives them. */
function randomOperations(random) {
  const operations = [];
  const live = [];
  const unused = [];
  let slots = 0;
  for (let i = 0; i < 500; i++) {
    const [kind, size] = [Math.floor(random() * 4), Math.floor(random() * 5000)];
    const at = Math.floor(random() * live.length);
    if (kind === MALLOC || kind === CALLOC || live.length === 0) {
      const slot = unused.pop() ?? slots++;
      live.push(slot);
      operations.push([kind === CALLOC ? CALLOC : MALLOC, slot, size]);
    } else if (kind === REALLOC) {
      operations.push([REALLOC, live[at], size]);
    } else {
      const [slot] = live.splice(at, 1);
      unused.push(slot);
      operations.push([FREE, slot, 0]);
    }
  }
  return operations;
}

test('encoding and decoding a trace loses nothing', () => {
  const seed = seedOr(Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  const operations = randomOperations(random);
  const kept = decode(encode('a title', operations));
  assert.deepEqual(kept, { title: 'a title', operations }, `SEED=${seed}`);
});

test('every recorded trace frees all that it allocates, so that it can repeat', () => {
  const found = traces();
  assert.ok(found.length >= 4);
  for (const { name, operations } of found) {
    const live = new Set();
    for (const [kind, slot] of operations) {
      if (kind === FREE) assert.ok(live.delete(slot), `${name} frees slot ${slot} twice`);
      else if (kind === REALLOC) assert.ok(live.has(slot), `${name} resizes a dead slot`);
      else assert.ok(!live.has(slot) && live.add(slot), `${name} fills slot ${slot} twice`);
    }
    assert.equal(live.size, 0, name);
  }
  assert.deepEqual(
    workloads.filter(isTrace).map(({ name }) => name),
    found.map(({ name }) => `trace-${name}`),
  );
});

const table = {
  one: {
    segfit: { min: 10, pages: 5 },
    mimalloc: { min: 5, pages: 9 },
    dlmalloc: { min: 20, pages: 5 },
  },
  two: {
    segfit: { min: 10, pages: 6 },
    mimalloc: { min: 20, pages: 9 },
    dlmalloc: { min: 9.6, pages: 5 },
  },
};

test('ratios are to the fastest other peer of each workload', () => {
  const peers = ['mimalloc', 'dlmalloc'];
  const allocators = [{ name: 'segfit' }, ...peers.map((name) => ({ name, peer: true }))];
  const { byWorkload, mean } = ratios(table, allocators);
  assert.deepEqual(byWorkload.one, { segfit: 0.5, mimalloc: 4, dlmalloc: 0.25 });
  assert.equal(byWorkload.two.segfit, 0.96);
  assert.equal(mean.segfit, 0.6928);
  const found = figuresAgainstPeers(table, 'segfit', peers);
  assert.deepEqual(found.worst, { workload: 'one', speed: 0.5 });
  assert.equal(found.againstMimalloc, 1);
  assert.equal(found.withinFivePercent, 1);
  assert.deepEqual(found.slower, ['two']);
  assert.deepEqual(found.heavier, ['two']);
});

test('only instructions of functions in src count, without their callees', () => {
  const lines = [
    `fl=${root}/src/malloc.c`,
    'fn=counted_malloc',
    '10 100',
    `fi=${root}/src/block.h`,
    '20 11',
    'cfn=memset',
    'calls=3 7',
    '10 5000',
    '11 1',
    'fl=/elsewhere/string.c',
    'fn=memset',
    '7 5000',
  ];
  assert.deepEqual(instructionsByFunction(lines.join('\n')), { counted_malloc: 112 });
});

test('a budget fails above its slack, and asks to be tightened below it', () => {
  const verdict = (figure) => judge('bytes', { a: figure }, { a: 1000 }, 0.03)[0];
  assert.deepEqual(
    [969, 971, 1029, 1031].map((figure) => verdict(figure).ok),
    [true, true, true, false],
  );
  assert.match(verdict(969).text, /tightened by 3\.1 %/);
  assert.doesNotMatch(verdict(971).text, /tightened/);
  assert.match(verdict(1031).text, /3\.1 % above/);
  assert.equal(judge('bytes', { a: 1 }, {}, 0.03)[0].ok, false, 'a figure without a budget');
  assert.equal(judge('bytes', {}, { a: 1 }, 0.03)[0].ok, false, 'a budget without a figure');
});

test('bench:malloc takes the options of its usage and refuses others with exit code 2', () => {
  const options = parseOptions(['--only', 'lifo,threads', '--variant', 'x=-DA=1 -DB', '--quick']);
  assert.deepEqual(options.only, ['lifo', 'threads']);
  assert.deepEqual(options.variants, [{ name: 'x', flags: ['-DA=1', '-DB'] }]);
  assert.equal(options.threads, true);
  assert.equal(parseOptions(['--quick']).threads, false);
  assert.equal(parseOptions([]).threads, true);
  for (const words of [
    ['--only', 'nosuch'],
    ['--rounds', '0'],
    ['--json'],
    ['--nosuch'],
    ['-x'],
    ['--allocators', 'segfit,nosuch'],
  ]) {
    assert.throws(() => parseOptions(words), { exitCode: 2 }, words.join(' '));
  }
});
