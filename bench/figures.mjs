#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run report [-- --measure]`: all figures that segfit promises, on one page, docs/figures.md,
 * each with its date, commit and the command that gives it again. --measure first runs the long
 * measurements (an hour and more); without it, the page shows the recorded ones with their dates.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { prepareFolder } from '../wasm/toolchain/folders.mjs';
import { build, root } from '../wasm/toolchain/paths.mjs';
import { command, Failure, must, run, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, flag } from '../wasm/toolchain/arguments.mjs';
import { detectedText } from './corruption/page.mjs';
import { markdown } from './malloc/figures.mjs';
import { sizeTable } from './malloc/size_table.mjs';
import { summary } from './malloc/summary.mjs';
import { CAMPAIGNS, folder, readResults, where } from './report/results.mjs';

/** Tests that print what they counted: program of the release build, and what it is about. */
const counting = [
  ['property_refit', 'free, then the same size, in a full heap: every size to 64 KB'],
  ['property_adversary', "Robson's program: memory by what lives"],
  ['exhaustive_every_state', 'every state of a small pool, and every call in it'],
  ['exhaustive_every_pool_state', 'every state of two pools that come, grow and go'],
  ['exhaustive_pool_size', 'the pool size that is always enough'],
  ['failure_refused', 'memory refused at each request'],
  ['memory_soak', 'a flat footprint (`npm run test:soak` is the long form)'],
];

/** The measurements that take long, in order, each as the words of a command. */
const long = [
  ['bench/realtime.mjs', '--json', path.join(folder, 'realtime.json')],
  ['bench/corruption.mjs', '--json', path.join(folder, 'corruption.json')],
  ...[
    'coverage',
    'mutants',
    'mutants:js',
    'fuzz',
    'fuzz:mutants',
    'fuzz:js',
    'test:builds',
    'test:random',
  ].map((script) => ['bench/campaign.mjs', script]),
  ['bench/record.mjs'],
  ['bench/view.mjs', '--json', path.join(folder, 'view.json')],
];

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/**
 * When a recorded result was committed last: the date and the commit, for those that do not say
 * themselves.
 */
async function recorded(file) {
  const { output } = await run('git', ['log', '-1', '--format=%cs, commit %h', '--', file], {
    cwd: root,
  });
  return output.trim() || 'not committed yet';
}

async function countedPart() {
  await prepareFolder('release');
  await must('cmake', ['--preset', 'release'], { cwd: root });
  const names = counting.map(([name]) => `test_${name}`);
  await must('cmake', ['--build', '--preset', 'release', '--target', ...names], { cwd: root });
  const parts = [];
  for (const [name, title] of counting) {
    const program = path.join(build, 'release', 'test', `test_${name}`);
    const { code, output } = await run(program, []);
    if (code !== 0) throw new Failure(`${name} failed:\n${output.slice(-2000)}`);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => line.replace(/SEED=\S+ ?/, ''));
    parts.push(
      `**${title}** (\`test/c\`, \`${name}\`)\n\n${lines.map((line) => `    ${line}`).join('\n')}`,
    );
  }
  return `## Counted by tests, run for this page\n\n${parts.join('\n\n')}`;
}

function realtimePart(builds, stated) {
  const rows = builds
    .filter(({ variant }) => !variant.includes('figures'))
    .map(({ target, variant, rows: operations }) => {
      const cell = (name) => {
        const { bound, most, stack } = operations.find((one) => one.name === name);
        return `${bound} (${Math.max(...most)}${stack === undefined ? '' : `; ${stack} B`})`;
      };
      return [`${target}, ${variant}`, cell('alloc'), cell('free')];
    });
  return `## Instructions of a call at most

Bound by the machine code (the most that a search counted; stack on the bare machine). \`npm run bench:realtime\`; recorded ${stated}.
Goals on a Cortex-M4 with gcc: 110 and 115 at level 0, 135 and 165 at 1, 160 and 205 at 2, 180 and 250 at 3.

${markdown(['build', 'alloc', 'free'], rows)}`;
}

function corruptionPart(results) {
  const runs = results.runs;
  const head = [
    'detected, of harmful or detected',
    ...runs.map(({ target, level }) => `${target}, ${level}`),
  ];
  const rows = Object.keys(runs[0].results).map((id) => [
    id,
    ...runs.map((one) => detectedText(one.results[id])),
  ]);
  return `## Damaged heaps and bad pointers

${where(results)}; ${results.trials} trials a cell; \`npm run bench:corruption\`; [every count](../bench/results/corruption.md).

${markdown(head, rows)}`;
}

function speedPart({ malloc, size }) {
  const parts = malloc.engines.map(
    ({ engine, table }) => `### ${engine}\n\n${summary(table, malloc.allocators)}`,
  );
  return `## Speed and size as malloc

${where(malloc)}; \`npm run bench:malloc\`, \`npm run bench:size\`; [every figure](../bench/results/wasm-malloc.md).

${parts.join('\n\n')}

${sizeTable(size.rows ?? size.table ?? size)}`;
}

/** Frames, seeks and loading in Chromium. */
function pagePart(result) {
  const three = ([median, most, worst]) =>
    `${median.toFixed(1)}, ${most.toFixed(1)}, ${worst.toFixed(1)}`;
  const live = result.live.map(({ blocks, script, frame }) => [
    String(blocks),
    three(script),
    three(frame),
  ]);
  const runs = result.runs.map(({ calls, blocks, read, load, longest, seek, call }) => {
    return [...[calls, blocks, read, load, longest].map(String), three(seek), three(call)];
  });
  const [heads, more] = [
    ['blocks', 'script', 'frame'],
    ['read', 'executed', 'longest pause', 'seek', 'one call on'],
  ];
  return `## The page

${where(result)}; ${result.browser}; \`npm run bench:view\`. Milliseconds; of many: median, 95 %, worst.

A live heap in which 200 calls are made a frame:

${markdown(heads, live)}

A recorded run: reading and executing it, going to any call, one call on:

${markdown(['calls', 'blocks', ...more], runs)}`;
}

/** The last output of each campaign: one line, or all lines of a campaign that makes tables. */
function campaignsPart(campaigns) {
  const closing = ({ said }) =>
    said.findLast((line) => /passed, |killed: |mutation score/.test(line)) ?? said.at(-1);
  const rows = Object.entries(campaigns).map(([words, one]) => [
    `\`${words}\``,
    `${one.date}, ${one.commit}`,
    String(one.minutes),
    one.code === 0 ? 'passed' : `ended with ${one.code}`,
    closing(one).trim().replaceAll('|', '/'),
  ]);
  const tables = Object.entries(campaigns)
    .map(([words, { said }]) => [words, said.filter((line) => line.startsWith('|'))])
    .filter(([, lines]) => lines.length > 0)
    .map(([words, lines]) => `### \`${words}\`\n\n${lines.join('\n')}`);
  return `## Campaigns

Each recorded by \`npm run campaign -- \` and its words behind \`npm run\`.

${markdown(['command', 'when, at commit', 'minutes', 'result', 'said at the end'], rows)}

${tables.join('\n\n')}`;
}

await command(async () => {
  const usage = 'usage: npm run report [-- --measure]';
  if (commandArguments({ usage, options: { measure: flag } }).measure) {
    for (const [script, ...words] of long) {
      console.log(`\n== ${script}`);
      const args = ['--stack-size=3900', path.join(root, script), ...words];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
      if (status !== 0)
        console.log(`  ${script} ended with ${status}: its figures are as they were`);
    }
  }
  const { output: commit } = await run('git', ['log', '-1', '--format=%h of %cs'], { cwd: root });
  const realtime = path.join(folder, 'realtime.json');
  const parts = [
    await step('Running tests that count', countedPart),
    realtimePart(readJson(realtime), await recorded(realtime)),
    corruptionPart(readJson(path.join(folder, 'corruption.json'))),
    campaignsPart(readJson(CAMPAIGNS)),
    speedPart(readResults()),
    pagePart(readJson(path.join(folder, 'view.json'))),
  ];
  const head = `<!-- Generated by npm run report; do not edit. -->
# Figures

Written at commit ${commit.trim()}. Each part says when it was measured and by which command.`;
  fs.writeFileSync(path.join(root, 'docs', 'figures.md'), `${[head, ...parts].join('\n\n')}\n`);
  console.log('  docs/figures.md');
  return 0;
});
