// SPDX-License-Identifier: MIT
/**
 * The programs of test/corruption/trials/programs.h against the recorded results: a kind that was
 * reported stays reported, at that moment or before. At level 0 nothing is reported, and writes
 * past a block do harm: they are injected.
 */
import { builds, moments, programTargets, runPrograms, runsOf } from './trials/programs.mjs';

const orderOf = new Map(moments.map(({ id }, at) => [id, at]));
const PARTS = ['programs', 'neighbours'];
/** Of the writes past a block, how many do harm or trap where nothing looks. */
const CONTROL_HARM = 0.8;
/** From level 1 on, how many of them are reported or trap: those that change nothing are not. */
const FOUND = 0.96;
/** From this level on a process draws its key, and with it the moment. */
const KEYED = 3;
/**
 * How often it runs there: with one key in 256, a byte that is written to a coded header has that
 * value already.
 */
const KEYS = 3;

const cellsOf = (found, part) =>
  Object.entries(found[part]).flatMap(([row, runs]) =>
    runsOf(runs).map((result, at) => ({ row, at, ...result })),
  );

function judgeControl(check, title, found) {
  const all = PARTS.flatMap((part) => cellsOf(found, part));
  check(
    all.every(({ outcome }) => outcome !== 'reported'),
    `${title}: something was reported`,
  );
  const writes = cellsOf(found, 'neighbours');
  const harm = writes.filter(({ outcome }) => outcome === 'harmful' || outcome === 'trapped');
  check(
    harm.length >= CONTROL_HARM * writes.length,
    `${title}: harm in ${harm.length} of ${writes.length} writes past a block only`,
  );
}

/** Whether a run is as good as the recorded one. */
function isKept({ outcome, moment }, before, level) {
  if (before.outcome === 'safe') return outcome === 'safe';
  if (before.outcome !== 'reported') return true;
  return (
    outcome === 'reported' && (level >= KEYED || orderOf.get(moment) <= orderOf.get(before.moment))
  );
}

/** The runs that are not as good as recorded, as {part, row, at}. */
function lostRuns(found, recorded, level) {
  return PARTS.flatMap((part) =>
    cellsOf(found, part)
      .map((cell) => ({ part, ...cell, before: runsOf(recorded[part][cell.row] ?? '')[cell.at] }))
      .filter((cell) => cell.before?.moment !== undefined && !isKept(cell, cell.before, level)),
  );
}

/** Runs the programs; with other keys again as long as a run is lost with each key so far. */
async function lostWithEachKey(target, build, found, recorded) {
  let lost = lostRuns(found, recorded, build.level);
  for (let key = 1; build.level >= KEYED && key < KEYS && lost.length > 0; key++) {
    const again = lostRuns(await runPrograms(target, build), recorded, build.level);
    const isLost = ({ part, row, at }) =>
      again.some((one) => one.part === part && one.row === row && one.at === at);
    lost = lost.filter(isLost);
  }
  return lost;
}

function judgeLevel(check, title, found, recorded, lost) {
  for (const part of PARTS) {
    for (const { row, at, outcome, moment } of cellsOf(found, part)) {
      const before = runsOf(recorded[part][row] ?? '')[at];
      const text = `${title}: ${row}, run ${at + 1}`;
      check(moment !== 'before', `${text}: ended before anything was wrong`);
      const isLost = lost.some((one) => one.part === part && one.row === row && one.at === at);
      if (before?.moment === undefined) check(false, `${text}: is not recorded`);
      else if (before.outcome === 'safe' || before.outcome === 'reported')
        check(!isLost, `${text}: ${outcome}, ${moment}, not ${before.outcome}, ${before.moment}`);
    }
  }
  const writes = cellsOf(found, 'neighbours');
  const seen = writes.filter(({ outcome }) => outcome === 'reported' || outcome === 'trapped');
  check(
    seen.length >= FOUND * writes.length,
    `${title}: ${seen.length} of ${writes.length} writes past a block are found`,
  );
}

export async function programGoals(check, recorded) {
  for (const target of programTargets) {
    const reason = await target.lacks();
    if (reason !== undefined) {
      console.log(`  SKIPPED ${target.title}: ${reason}`);
      continue;
    }
    for (const build of builds.filter(({ name }) => name.startsWith('level'))) {
      const title = `${target.title}, ${build.name}`;
      const found = await runPrograms(target, build);
      const same = ({ target: of, build: name }) => of === target.name && name === build.name;
      if (build.level === 0) {
        judgeControl(check, title, found);
        continue;
      }
      const before = recorded.find(same);
      const lost = await lostWithEachKey(target, build, found, before);
      judgeLevel(check, title, found, before, lost);
    }
  }
}
