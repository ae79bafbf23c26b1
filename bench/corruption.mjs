// SPDX-License-Identifier: MIT
/**
 * `npm run bench:corruption [-- --trials N] [--only KIND,…] [--levels 0,1,…] [--targets
 * wasm,native] [--seed N] [--programs FILE] [--json FILE] [--markdown FILE]`: what each level of
 * checks tells of a heap that was overwritten or given a bad pointer, by random trials
 * (corruption/trial.h), whether segfit_check sees each flipped bit of metadata, and when malloc
 * reports the misuse of small programs (corruption/programs.h). --programs: these alone, in place
 * of those that FILE has, the rest of which stays.
 *
 * With all kinds, levels and targets, 10,000 trials each take about half an hour on two processors.
 */
import fs from 'node:fs';
import { builds, programTargets, runPrograms } from '../test/corruption/trials/programs.mjs';
import { kinds, levels, targets } from '../test/corruption/trials/trials.mjs';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, number, seed, someOf, text } from '../wasm/toolchain/arguments.mjs';
import { page } from './corruption/page.mjs';
import { conditions } from './malloc/conditions.mjs';

const USAGE =
  'usage: npm run bench:corruption [-- --trials N --only KIND,… --levels 0,1,… --targets wasm,native ' +
  '--seed N --programs FILE --json FILE --markdown FILE]';
const HEAPS = 10;

/** Those of `all` whose names stand with commas between. */
const chosenOf = (all, nameOf) => (value, word) => {
  const names = someOf(all.map(nameOf))(value, word);
  return all.filter((one) => names.includes(nameOf(one)));
};

function wordsOfCommand() {
  const words = commandArguments({
    usage: USAGE,
    options: {
      trials: number(1),
      seed,
      only: chosenOf(kinds, ({ id }) => id),
      levels: chosenOf(levels, String),
      targets: chosenOf(targets, ({ name }) => name),
      programs: text,
      json: text,
      markdown: text,
    },
  });
  return { trials: 10_000, seed: 1, only: kinds, levels, targets, ...words };
}

async function measure(target, level, { trials, seed, only }) {
  const made = await target.make(level);
  const results = {};
  for (const kind of only) results[kind.id] = await made.trials(kind, trials, seed);
  return {
    target: target.name,
    title: target.title,
    level,
    results,
    flips: await made.flips(HEAPS, seed),
  };
}

/** Returns the targets that this machine can run, and prints what the others lack. */
async function runnable(chosen) {
  const found = [];
  for (const target of chosen) {
    const reason = await target.lacks();
    if (reason === undefined) found.push(target);
    else console.log(`${target.title}: skipped, ${reason}`);
  }
  if (found.length === 0) throw new Failure('no target can be run here');
  return found;
}

/** {conditions, runs} of the programs, with every build of malloc. */
async function measurePrograms() {
  const runs = [];
  for (const target of await runnable(programTargets)) {
    for (const build of builds) {
      const found = await step(`Programs, ${target.title}, ${build.name}`, () =>
        runPrograms(target, build),
      );
      runs.push({ target: target.name, title: target.title, build: build.name, ...found });
    }
  }
  return { ...(await conditions()), runs };
}

function write(options, result) {
  const text = page(result);
  console.log(text);
  if (options.json !== undefined)
    fs.writeFileSync(options.json, `${JSON.stringify(result, undefined, 1)}\n`);
  if (options.markdown !== undefined) fs.writeFileSync(options.markdown, text);
}

await command(async () => {
  const options = wordsOfCommand();
  if (options.programs !== undefined) {
    const before = JSON.parse(fs.readFileSync(options.programs, 'utf8'));
    write(options, { ...before, programs: await measurePrograms() });
    return 0;
  }
  const runs = [];
  // Targets side by side: each is one process at a time.
  const perTarget = (await runnable(options.targets)).map(async (target) => {
    for (const level of options.levels) {
      runs.push(
        await step(`${target.title}, level ${level}`, () => measure(target, level, options)),
      );
    }
  });
  await Promise.all(perTarget);
  runs.sort((a, b) => b.target.localeCompare(a.target) || a.level - b.level);
  const result = {
    ...(await conditions()),
    trials: options.trials,
    seed: options.seed,
    heaps: HEAPS,
    runs,
    programs: await measurePrograms(),
  };
  write(options, result);
  const broken = runs.flatMap((run) =>
    Object.entries(run.results).filter(([, one]) => one.broken > 0),
  );
  if (broken.length > 0)
    throw new Failure(`harm before anything was injected: ${broken.map(([id]) => id)}`);
  return 0;
});
