// SPDX-License-Identifier: MIT
/**
 * `npm test`: sets up the tools, builds, and runs tests; the last line is "N passed, N failed".
 *
 *     npm test                 every kind of test once: what to run while one works
 *     npm test -- --all        every test there is, on every platform
 *     npm test -- NAME…        the stages of these names, whole
 *     npm test -- --list       the stages, with how long each took last
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandArguments, flag, UsageError } from '../../wasm/toolchain/arguments.mjs';
import { buildNeeds, ensureTools } from '../../wasm/toolchain/needs.mjs';
import { build } from '../../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../../wasm/toolchain/setup.mjs';
import { command, Failure, seconds, step } from '../../wasm/toolchain/steps.mjs';
import { none, sum } from './counts.mjs';
import { testNeeds } from './needs.mjs';
import { inOrderOfCores } from './schedule.mjs';
import { stages } from './stages.mjs';

const USAGE = 'usage: npm test -- [--all | --list | NAME…]';
const durationsFile = path.join(build, 'log', 'durations.json');

function readDurations() {
  try {
    return JSON.parse(fs.readFileSync(durationsFile, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Keeps how long each stage took, for --list. A quick run of a stage is kept apart from a whole
 * one.
 */
function writeDurations(results) {
  const durations = readDurations();
  for (const { key, time } of results) durations[key] = Math.round(time);
  fs.mkdirSync(path.dirname(durationsFile), { recursive: true });
  fs.writeFileSync(durationsFile, `${JSON.stringify(durations, null, 2)}\n`);
}

/** Whether the quick run leaves a part of the stage out. */
const isShort = (stage) => Boolean(stage.quick) && stage.quick !== true;
const keyOf = (stage, isQuick) => (isQuick && isShort(stage) ? `${stage.name}, short` : stage.name);

function parse() {
  const options = { all: flag, list: flag };
  const { names, ...chosen } = commandArguments({ usage: USAGE, options, most: stages.length });
  if (Object.keys(chosen).length + (names.length > 0 ? 1 : 0) > 1) {
    throw new UsageError(`--all, --list and names of stages exclude one another; ${USAGE}`);
  }
  const unknown = names.find((name) => stages.every((stage) => stage.name !== name));
  if (unknown !== undefined) {
    const known = stages.map(({ name }) => name).join(', ');
    throw new UsageError(`no stage is named ${JSON.stringify(unknown)}; the stages are ${known}`);
  }
  return { ...chosen, names };
}

function list() {
  const durations = readDurations();
  const time = (key) => (durations[key] === undefined ? 'not run yet' : seconds(durations[key]));
  console.log('Stages, whether `npm test` runs them without words, and how long each took last:\n');
  for (const stage of stages) {
    const quick = isShort(stage)
      ? `short, ${time(keyOf(stage, true))}`
      : stage.quick
        ? 'yes'
        : 'no';
    const { name, title } = stage;
    console.log(`  ${name.padEnd(12)} ${title.padEnd(36)} ${time(name).padEnd(14)} ${quick}`);
  }
}

/**
 * Returns the stages to run. A chosen stage tests what the stage build builds, so that one runs
 * too.
 */
function chosen({ all, names }) {
  if (all) return stages;
  const isWanted = (stage) =>
    names.length > 0 ? stage.isBuild || names.includes(stage.name) : Boolean(stage.quick);
  return stages.filter(isWanted);
}

/**
 * Returns the counts of a stage. A stage that fails without a failed test, or runs no test, failed
 * once.
 */
function verdict(stage, { code, counts }) {
  const isSilent =
    (code !== 0 && counts.failed === 0) || (!stage.isBuild && counts.passed + counts.failed === 0);
  return isSilent ? { passed: counts.passed, failed: 1 } : counts;
}

/** Runs a stage and says how it went, beside others that may be running. */
async function runStage(stage, isQuick) {
  const begin = Date.now();
  const title = isQuick && isShort(stage) ? `${stage.title} (short)` : stage.title;
  const work = (say) => stage.work(say, isQuick);
  const result = stage.isBuild ? await work(() => {}) : await step(title, work, isQuiet);
  const counts = verdict(stage, result);
  if (counts.failed > 0) console.log(result.shown);
  return { key: keyOf(stage, isQuick), title, counts, time: Date.now() - begin };
}

/** Where stages run side by side their lines are written whole, as to a file. */
const isQuiet = { isTTY: false, write: (text) => process.stdout.write(text) };

async function runStages(wanted, isQuick) {
  const [first, ...rest] = wanted;
  const results = [];
  console.log(`\n== ${first.title}`);
  results.push(await runStage(first, isQuick));
  console.log('\n== Tests');
  const work = (stage) => runStage(stage, isQuick);
  const busy = rest.map((stage) =>
    isQuick && stage.quickCores !== undefined ? { ...stage, cores: stage.quickCores } : stage,
  );
  results.push(...(await inOrderOfCores(busy, os.availableParallelism(), work)));
  return results;
}

function summary(results, time) {
  console.log(`\n== Summary, ${seconds(time)}`);
  for (const { title, counts, time: spent } of results) {
    const { passed, failed } = counts;
    const word = failed > 0 ? 'FAILED' : 'ok';
    const line = `${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed`;
    console.log(`  ${title.padEnd(36)} ${word.padEnd(6)} ${line}  ${seconds(spent).padStart(12)}`);
  }
}

/** Node's own test runner writes its results for programs from this version on. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || minor >= 11) return;
  throw new Failure(`npm test needs Node 20.11 or newer; this is ${process.versions.node}`);
}

await command(async () => {
  const begin = Date.now();
  const options = parse();
  if (options.list) {
    list();
    return 0;
  }
  checkNode();
  console.log('== Setup');
  await ensurePackages();
  await ensureTools([...buildNeeds, ...testNeeds]);
  const isQuick = !options.all && options.names.length === 0;
  const results = await runStages(chosen(options), isQuick);
  writeDurations(results);
  summary(results, Date.now() - begin);
  const { passed, failed } = sum([none, ...results.map(({ counts }) => counts)]);
  if (isQuick) console.log('\nThe whole matrix: npm test -- --all');
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
