#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:record: measures everything that README and bench/results quote, and writes both.
 * For a machine that does nothing else; about ten minutes.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../wasm/toolchain/paths.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';
import { folder, FILES } from './report/results.mjs';

const result = (name) => ['--json', path.join(folder, name)];
const runs = [
  ['malloc.mjs', '--browsers', ...result(FILES.malloc)],
  ['size.mjs', ...result(FILES.size)],
  ['native.mjs', ...result(FILES.native)],
  ['realtime.mjs', ...result('realtime.json')],
  ['report.mjs'],
];

await command(() => {
  commandArguments({ usage: 'usage: npm run bench:record' });
  for (const [script, ...words] of runs) {
    console.log(`\n== bench/${script} ${words.filter((word) => word.startsWith('--')).join(' ')}`);
    const all = ['--stack-size=3900', path.join(root, 'bench', script), ...words];
    const { status } = spawnSync(process.execPath, all, { stdio: 'inherit', cwd: root });
    if (status !== 0) return status ?? 1;
  }
  return 0;
});
