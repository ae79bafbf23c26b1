// SPDX-License-Identifier: MIT
/**
 * `npm run bench:realtime [-- --json FILE]`: the most instructions that any segfit_alloc and
 * segfit_free took on a bare Cortex-M4 in QEMU, which counts them exactly. Instructions, not cycles.
 */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../wasm/toolchain/paths.mjs';
import { command, Failure, must, run } from '../wasm/toolchain/steps.mjs';
import { onPath } from '../wasm/toolchain/system.mjs';

const here = path.join(root, 'bench', 'realtime');
const core = ['heap', 'limits', 'pool', 'inspect', 'check', 'panic'];
const tools = {
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi',
  'qemu-system-arm': 'qemu-system-arm',
};
const heaps = [8192, 96000];
const machine = ['-M', 'netduinoplus2', '-nographic', '-monitor', 'none', '-serial', 'null'];
const bare = ['-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0'];
const fixed = ['-DSEGFIT_FIXED_ROWS=14'];

const builds = [
  { title: 'level 0, no figures, fixed geometry', flags: [...bare, ...fixed] },
  { title: 'level 0, no figures', flags: bare },
  { title: 'level 1, no figures, fixed geometry', flags: ['-DSEGFIT_STATS=0', ...fixed] },
  { title: 'level 1, no figures', flags: ['-DSEGFIT_STATS=0'] },
  { title: 'default (level 1)', flags: [] },
];

/** Runs one build over one size of heap; gives what the program printed, by name. */
async function count(flags, heapSize) {
  const folder = path.join(build, 'realtime');
  fs.mkdirSync(folder, { recursive: true });
  const image = path.join(folder, 'count.elf');
  await must('arm-none-eabi-gcc', [
    '-mcpu=cortex-m4', '-mthumb', '-O2', '-std=gnu11', '-ffreestanding',
    '-nostdlib', '-nostartfiles', `-DHEAP_SIZE=${heapSize}`, ...flags, `-I${path.join(root, 'include')}`,
    path.join(here, 'count.c'), ...core.map((name) => path.join(root, 'src', `${name}.c`)),
    '-T', path.join(here, 'cortex_m4.ld'), '-o', image,
  ]);
  const { code, output } = await run('qemu-system-arm', [
    ...machine, '-semihosting-config', 'enable=on,target=native', '-icount', 'shift=10',
    '-kernel', image,
  ]);
  const found = Object.fromEntries(
    [...output.matchAll(/^(\w+) (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]),
  );
  if (code !== 0 || found.failures === undefined) throw new Failure(`the image failed:\n${output}`);
  return found;
}

function table(rows) {
  const lines = ['| build | heap | alloc | free | failing alloc |', '|---|---:|---:|---:|---:|'];
  for (const { title, heapSize, alloc, free, failing } of rows) {
    lines.push(`| ${title} | ${heapSize} | ${alloc} | ${free} | ${failing} |`);
  }
  return lines.join('\n');
}

await command(async () => {
  const words = process.argv.slice(2);
  if (words.length !== 0 && (words[0] !== '--json' || words.length !== 2)) {
    throw new Failure(`--json FILE, not ${JSON.stringify(words.join(' '))}`);
  }
  for (const [tool, name] of Object.entries(tools)) {
    if (onPath(tool) === undefined) {
      throw new Failure(`needs ${tool} (Debian: apt-get install ${name})`);
    }
  }
  const rows = [];
  for (const { title, flags } of builds) {
    for (const heapSize of heaps) rows.push({ title, heapSize, ...(await count(flags, heapSize)) });
  }
  const compiler = (await run('arm-none-eabi-gcc', ['--version'])).output.split('\n')[0];
  console.log(`Instructions at most, Cortex-M4, -O2, ${compiler}\n\n${table(rows)}`);
  if (words.length === 2) {
    fs.writeFileSync(words[1], `${JSON.stringify({ compiler, rows }, undefined, 1)}\n`);
  }
  return 0;
});
