#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Corruption: a short run of the trials checks what each level of checks detects;
 * segfit_check sees each flipped bit of metadata; malloc reports what small programs misuse; what
 * is built has its checks.
 *
 *     SEED=… node test/corruption/run.mjs [--native]
 *
 * `--native` tries native heaps alone.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, flag, seedOr } from '../../wasm/toolchain/arguments.mjs';
import { programs } from './bad_pointers.mjs';
import { CONTROL, GOALS } from './goals.mjs';
import { modulesHaveChecks } from './modules.mjs';
import { programGoals } from './program_goals.mjs';
import { detectedOf, kinds, levels, targets, triedOf } from './trials/trials.mjs';

/** Trials a kind: what level 4's walks leave time for, and the others. */
const TRIALS = { 4: 12 };
const USUAL = 50;

const tally = { passed: 0, failed: 0 };
function check(holds, text) {
  tally[holds ? 'passed' : 'failed']++;
  if (!holds) console.log(`  FAILED ${text}`);
}

const percent = (part) => `${(100 * part).toFixed(1)} %`;

/** The counts of several kinds as one. */
function pooled(found, ids) {
  const sum = { none: 0, detected: 0, trapped: 0, harmful: 0, atCall: 0 };
  for (const id of ids) for (const name of Object.keys(sum)) sum[name] += found[id][name];
  return sum;
}

function judgeGoal(title, found, { title: what, kinds: ids, goal, kept, atCall }) {
  const sum = pooled(found, ids);
  const part = detectedOf(sum) ?? 0;
  check(
    part >= kept,
    `${title}: ${what}: ${percent(part)} told, not ${percent(kept)} (goal ${percent(goal)})`,
  );
  if (atCall) check(sum.atCall === sum.detected, `${title}: ${what}: told later than by the call`);
}

function judgeLevel(title, level, found) {
  for (const { id } of kinds) {
    check(found[id].broken === 0, `${title}, ${id}: harm or a panic before anything was injected`);
    check(triedOf(found[id]) > 0, `${title}, ${id}: no trial`);
  }
  if (level === CONTROL.level) {
    for (const id of CONTROL.kinds) {
      const { detected, trapped, harmful } = found[id];
      const part = (trapped + harmful) / triedOf(found[id]);
      check(
        detected === 0 && part > CONTROL.harm,
        `${title}, ${id}: harm in ${percent(part)} only`,
      );
    }
  }
  for (const goal of GOALS.filter((one) => one.level === level)) judgeGoal(title, found, goal);
}

async function trials(target, seed) {
  for (const level of levels) {
    const title = `${target.title}, level ${level}`;
    const made = await target.make(level, ['-DSEGFIT_CORRUPTION_SHORT']);
    judgeLevel(title, level, await made.all(kinds, TRIALS[level] ?? USUAL, seed));
    const flips = await made.flips(1, seed);
    check(
      flips.some(({ must }) => must),
      `${title}: no bit was flipped`,
    );
    for (const { what, must, bits, missed } of flips) {
      if (must)
        check(missed === 0, `${title}: segfit_check misses ${missed} of ${bits} bits: ${what}`);
    }
  }
}

/** The record of the last `npm run bench:corruption`. */
const recordFile = path.join(root, 'bench', 'results', 'corruption.json');
const recorded = JSON.parse(fs.readFileSync(recordFile, 'utf8'));

await command(async () => {
  const usage = 'usage: node test/corruption/run.mjs [--native]';
  const { native = false } = commandArguments({ usage, options: { native: flag } });
  const seed = seedOr(1);
  console.log(`  seed ${seed}`);
  const chosen = native ? targets.filter(({ title }) => title.startsWith('native')) : targets;
  const perTarget = chosen.map(async (target) => {
    const reason = await target.lacks();
    if (reason === undefined) await trials(target, seed);
    else console.log(`  SKIPPED ${target.title}: ${reason}`);
  });
  await Promise.all(native ? perTarget : [...perTarget, modulesHaveChecks(check), programs(check)]);
  if (!native) await programGoals(check, recorded.programs.runs);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
});
