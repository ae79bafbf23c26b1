#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:report: writes the recorded results (bench/results/*.json) as pages of tables, and
 * README's figures. A test fails where one of them is not what the results say.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../wasm/toolchain/paths.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';
import { reports } from './report/all.mjs';

await command(() => {
  commandArguments({ usage: 'usage: npm run bench:report' });
  for (const [file, text] of Object.entries(reports())) {
    fs.writeFileSync(file, text);
    console.log(`  ${path.relative(root, file)}`);
  }
  return 0;
});
