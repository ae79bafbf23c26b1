#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Real time: no constant-time operation's machine code has a loop, recursion or an indirect call;
 * its longest way is at or above all that a search counts; it does not grow with the heap; stack.
 *
 *     node test/realtime/run.mjs [--all] [--rounds N] [--seed N]
 *
 * --all: every build of every target, and a longer search.
 */
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, flag, number } from '../../wasm/toolchain/arguments.mjs';
import { example } from './example.mjs';
import { measure } from './measure.mjs';
import { planted } from './planted.mjs';
import { lacks, targets, variants } from './targets.mjs';

/**
 * Instructions of alloc and free on a Cortex-M4 compiled by gcc, fixed geometry, no figures, by
 * level. Of levels 2 and 3 the goals are 160 and 205, 180 and 250, which these miss
 * (docs/decisions/checks.md): they keep what is reached.
 */
const GOALS = [
  { alloc: 110, free: 115 },
  { alloc: 135, free: 165 },
  { alloc: 187, free: 252 },
  { alloc: 342, free: 424 },
];
/** Bytes of stack; more at level 3, where it is kept as well. */
const STACK = [64, 64, 64, 96];
/**
 * How much of the bound of alloc and free a search must reach, by level: a bound that nothing nears
 * says little. At level 3 the longest way takes both sides of choices that the same header decides.
 */
const REACHED = [0.75, 0.75, 0.75, 0.7];

const tally = { passed: 0, failed: 0 };
function check(holds, text) {
  tally[holds ? 'passed' : 'failed']++;
  if (!holds) console.log(`  FAILED ${text}`);
}

const same = (counts) => new Set(counts).size === 1;

function judgeRow(title, row, { fixed: isFixed, level }) {
  const { name, bound, fixed, most } = row;
  if (most === undefined) return;
  check(Math.max(...most) <= bound, `${title}: ${name} took ${Math.max(...most)}, above ${bound}`);
  // Rows that follow the heap's size change which aligned requests fit at all, and so their ways.
  const compared = isFixed ? name !== 'add_pool' : ['alloc', 'free', 'usable_size'].includes(name);
  if (compared) check(same(fixed), `${title}: ${name} differs between heaps: ${fixed.join(', ')}`);
  if (name !== 'alloc' && name !== 'free') return;
  const part = Math.max(...most) / bound;
  check(
    part >= REACHED[level],
    `${title}: the search reached ${Math.max(...most)} of ${bound} in ${name}`,
  );
}

function judge(target, variant, { rows }) {
  const title = `${target.title}, ${variant.name}`;
  const find = (wanted) => rows.find(({ name }) => name === wanted);
  for (const row of rows) judgeRow(title, row, variant);
  const isBare = target.rows === 14;
  for (const name of ['alloc', 'free', 'usable_size']) {
    const { stack } = find(name);
    if (isBare && variant.fixed)
      check(stack <= STACK[variant.level], `${title}: ${name} takes ${stack} B of stack`);
  }
  if (target.title !== 'Cortex-M4, gcc' || !variant.fixed) return;
  for (const [name, goal] of Object.entries(GOALS[variant.level])) {
    check(
      find(name).bound <= goal,
      `${title}: ${name} is bounded by ${find(name).bound}, not ${goal}`,
    );
  }
}

/** Each target with its default level; all levels where the goals are, and in wasm. */
const isQuick = (target, { level, fixed }) =>
  (fixed && level === 1) ||
  (fixed && /M4, gcc|wasm/.test(target.title)) ||
  (!fixed && level === 1 && target.title === 'wasm, clang');

async function judgeTarget(target, all, search) {
  const reason = target.compiler === undefined ? 'needs a clang' : lacks(target);
  if (reason !== undefined) {
    console.log(`  SKIPPED ${target.title}: ${reason}`);
    return;
  }
  for (const variant of variants.filter((one) => all || isQuick(target, one))) {
    const measured = await measure(target, variant, search);
    judge(target, variant, measured);
    const words = measured.rows
      .filter(({ most }) => most !== undefined)
      .map(({ name, bound, most }) => `${name} ${Math.max(...most)}/${bound}`);
    console.log(`  ${target.title}, ${variant.name}: ${words.join(', ')}`);
  }
}

function wordsOfCommand() {
  const words = commandArguments({
    usage: 'usage: node test/realtime/run.mjs [--all] [--rounds N] [--seed N]',
    options: { all: flag, rounds: number(0), seed: number(1) },
  });
  const { all = false, rounds = all ? 2000 : 100 } = words;
  return { all, rounds, seed: words.seed ?? 1 + Math.floor(Math.random() * 2 ** 31) };
}

await command(async () => {
  const { all, ...search } = wordsOfCommand();
  console.log(`  Searching ${search.rounds} rounds an operation, seed ${search.seed}`);
  planted(check);
  await example(check);
  for (const target of targets) await judgeTarget(target, all, search);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
});
