#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Corruption: a short run of the trials of bench/corruption holds what each level of checks tells; segfit_check
 * sees each flipped bit of metadata; malloc reports what small programs misuse; what is built has its checks.
 *
 *     SEED=… node test/corruption/run.mjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { page } from '../../bench/corruption/page.mjs';
import { kindsTable, neighboursTable } from '../../bench/corruption/programs_page.mjs';
import { detectedOf, kinds, levels, targets, triedOf } from '../../bench/corruption/trials.mjs';
import { folder as results } from '../../bench/report/results.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { CONTROL, GOALS } from './goals.mjs';
import { modulesHaveChecks } from './modules.mjs';
import { programGoals } from './program_goals.mjs';
import { programs } from './programs.mjs';

/** Trials a kind: what level 4's walks leave time for, and the others. */
const TRIALS = { 4: 12 };
const USUAL = 50;
const seed = Number(process.env.SEED ?? 1);

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

async function trials(target) {
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

const read = (name) => fs.readFileSync(path.join(results, name), 'utf8');
const recorded = JSON.parse(read('corruption.json'));

/** What is recorded is what the pages say. */
function pagesAreOfRecord() {
  check(page(recorded) === read('corruption.md'), 'corruption.md is not of corruption.json');
  const security = fs.readFileSync(path.join(root, 'docs', 'security.md'), 'utf8');
  for (const table of [kindsTable(recorded.programs), neighboursTable(recorded.programs)])
    check(security.includes(table), `docs/security.md lacks this table:\n${table}`);
}

await command(async () => {
  console.log(`  seed ${seed}`);
  const perTarget = targets.map(async (target) => {
    const reason = await target.lacks();
    if (reason === undefined) await trials(target);
    else console.log(`  SKIPPED ${target.title}: ${reason}`);
  });
  await Promise.all([...perTarget, modulesHaveChecks(check), programs(check)]);
  await programGoals(check, recorded.programs.runs);
  pagesAreOfRecord();
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
});
