// SPDX-License-Identifier: MIT
/**
 * `npm run bench:corruption [-- --trials N] [--only KIND,…] [--levels 0,1,…] [--targets wasm,native] [--seed N]
 * [--programs FILE] [--json FILE] [--markdown FILE]`: what each level of checks tells of a heap that was overwritten or
 * given a bad pointer, by random trials (corruption/trial.h), whether segfit_check sees each flipped bit of metadata,
 * and when malloc reports the misuse of small programs (corruption/programs.h). --programs: these alone, in place of
 * those that FILE has, the rest of which stays.
 *
 * With all kinds, levels and targets, 10,000 trials each take about half an hour on two processors.
 */
import fs from 'node:fs';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { conditions } from './malloc/conditions.mjs';
import { page } from './corruption/page.mjs';
import { builds, programTargets, runPrograms } from './corruption/programs.mjs';
import { kinds, levels, targets } from './corruption/trials.mjs';

const USAGE =
  '--trials N, --only KIND,…, --levels 0,1,…, --targets wasm,native, --seed N, --programs FILE, --json FILE, --markdown FILE';
const HEAPS = 10;

function parse(words) {
  const options = { trials: 10_000, seed: 1, only: kinds, levels, targets };
  const chosen = (all, text, nameOf) => {
    const names = text.split(',');
    const found = all.filter((one) => names.includes(nameOf(one)));
    if (found.length !== names.length)
      throw new Failure(`of ${all.map(nameOf).join(', ')}, not ${text}`);
    return found;
  };
  for (let i = 0; i < words.length; i += 2) {
    const [word, value] = [words[i], words[i + 1]];
    if (value === undefined) throw new Failure(`${USAGE}, not ${word}`);
    if (word === '--trials' && value > 0) options.trials = Number(value);
    else if (word === '--seed' && value >= 0) options.seed = Number(value);
    else if (word === '--only') options.only = chosen(kinds, value, ({ id }) => id);
    else if (word === '--levels') options.levels = chosen(levels, value, String);
    else if (word === '--targets') options.targets = chosen(targets, value, ({ name }) => name);
    else if (['--json', '--markdown', '--programs'].includes(word)) options[word.slice(2)] = value;
    else throw new Failure(`${USAGE}, not ${word}`);
  }
  return options;
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

/** Those that this machine can run; what it lacks is said. */
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
  const options = parse(process.argv.slice(2));
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
