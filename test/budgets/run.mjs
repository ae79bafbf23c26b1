#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Budgets: bytes of the wasm modules, and instructions that malloc executes. Neither depends on the
 * machine's load. node test/budgets/run.mjs [--record]
 *
 * A figure fails that is above its budget by more than the slack. One that is below by more is
 * printed, so that somebody tightens the budget: --record writes the measured figures as budgets.
 * Budgets hold for the compilers that budgets.json names; with others the slack is wider, and the
 * test prints that.
 */
import fs from 'node:fs';
import path from 'node:path';
import { compileModules, systemClang } from '../../wasm/module/build.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, Failure, must, step } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, flag } from '../../wasm/toolchain/arguments.mjs';
import { clang, clangVersion, tool } from '../workloads/compiler.mjs';
import { checkTools, countAll, countedBits } from '../workloads/instructions.mjs';
import { ownSizeAllocator } from '../workloads/segfit.mjs';
import { measureSize } from '../workloads/sizes.mjs';
import { workloads } from '../workloads/workloads.mjs';
import { judge, SLACK } from './judge.mjs';

const file = path.join(root, 'test/budgets/budgets.json');
/** Workloads that run different parts of malloc and set up little. */
const COUNTED = ['lifo', 'small-1k', 'mixed', 'large', 'vectors', 'calloc', 'aligned'];
const SIZED = [
  ['segfit', '-O2'],
  ['segfit', '-Oz'],
  ['segfit-small', '-Oz'],
];

/** The first number of a compiler's version: patches of one hardly change what it makes. */
const major = (text) => Number(/version (\d+)/.exec(text)?.[1]);

async function toolchain() {
  const binaryen = await must(tool('wasm-opt'), ['--version']);
  return { clang: major(await clangVersion()), 'wasm-opt': major(binaryen) };
}

async function bytes() {
  const found = {};
  for (const [name, optimise] of SIZED) {
    const { pair, full } = await measureSize(ownSizeAllocator(name), optimise);
    found[`${name} ${optimise}, malloc and free`] = pair.raw;
    found[`${name} ${optimise}, full set`] = full.raw;
  }
  const folder = path.join(build, 'budgets');
  await compileModules({ outDir: folder, clang: systemClang(clang()) });
  found['npm module'] = fs.statSync(path.join(folder, 'segfit.wasm')).size;
  return found;
}

async function instructions(say) {
  const counted = workloads.filter(({ name }) => COUNTED.includes(name));
  const rows = await countAll(counted, [], say);
  return Object.fromEntries(
    rows.flatMap(({ workload, counts }) =>
      Object.entries(counts).map(([built, { perPair }]) => [
        `${workload}, ${built}`,
        Number(perPair.toFixed(2)),
      ]),
    ),
  );
}

/** Why instructions cannot be counted here, or undefined. */
function whyNotCounted() {
  try {
    checkTools();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

async function measure() {
  const reason = whyNotCounted();
  if (reason !== undefined) console.log(`  Instructions are not compared: ${reason}`);
  return {
    bytes: await step('Measuring bytes', bytes),
    ...(reason === undefined && {
      instructions: await step('Counting instructions', instructions),
    }),
  };
}

/** Returns the budgets that can be measured here, and prints which cannot. */
function comparable(budgets) {
  const isLeftOut = (name) => name.endsWith('-32') && !countedBits.includes(32);
  if (!Object.keys(budgets).some(isLeftOut)) return budgets;
  console.log('  Instructions of 32-bit programs are not compared: this kernel runs none');
  return Object.fromEntries(Object.entries(budgets).filter(([name]) => !isLeftOut(name)));
}

function record(tools, measured) {
  if (!countedBits.includes(32)) throw new Failure('32-bit programs must run to be recorded');
  if (measured.instructions === undefined)
    throw new Failure('both must be measured to be recorded');
  fs.writeFileSync(file, `${JSON.stringify({ toolchain: tools, ...measured }, undefined, 2)}\n`);
  console.log(`  Recorded in ${path.relative(root, file)}`);
}

await command(async () => {
  const usage = 'usage: node test/budgets/run.mjs [--record]';
  const words = commandArguments({ usage, options: { record: flag } });
  const tools = await toolchain();
  const measured = await measure();
  if (words.record) record(tools, measured);
  const { toolchain: expected, ...budgets } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const same = Object.keys(expected).every((name) => expected[name] === tools[name]);
  const say = (one) =>
    Object.entries(one)
      .map((pair) => pair.join(' '))
      .join(', ');
  if (!same) {
    const slack = `a slack of ${SLACK.other * 100} % in place of ${SLACK.same * 100} %`;
    console.log(`  The budgets are for ${say(expected)}; here is ${say(tools)}: ${slack}.`);
  }
  const verdicts = Object.entries(measured).flatMap(([kind, figures]) =>
    judge(kind, figures, comparable(budgets[kind]), same ? SLACK.same : SLACK.other),
  );
  for (const { text } of verdicts) console.log(`  ${text}`);
  const failed = verdicts.filter(({ ok }) => !ok).length;
  console.log(`${verdicts.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
