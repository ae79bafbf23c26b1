#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:instructions: executed instructions of malloc and its kin a pair of each workload,
 * natively, by callgrind. They do not depend on the machine's load, and little on the machine.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkTools, countAll } from '../test/workloads/instructions.mjs';
import { workloads as allWorkloads } from '../test/workloads/workloads.mjs';
import { root } from '../wasm/toolchain/paths.mjs';
import { command, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, flag, someOf, text } from '../wasm/toolchain/arguments.mjs';
import { conditions } from './malloc/conditions.mjs';
import { markdown } from './malloc/figures.mjs';

const USAGE = `usage: npm run bench:instructions -- [options]
  --only NAME,…        only these workloads
  --flags 'FLAGS'      compile segfit with FLAGS as well: --flags '-DSEGFIT_CACHE=64'
  --functions          in which functions they are
  --json FILE          all figures and their conditions`;

function wordsOfCommand() {
  const names = allWorkloads.map(({ name }) => name);
  const options = { flags: text, only: someOf(names), functions: flag, json: text };
  const { flags, only = names, functions, json } = commandArguments({ usage: USAGE, options });
  const workloads = allWorkloads.filter(({ name }) => only.includes(name));
  return { flags: flags?.split(/\s+/) ?? [], workloads, functions, json };
}

function functionTables(rows) {
  return rows.flatMap(({ workload, counts }) =>
    Object.entries(counts).map(([build, { functions, file }]) => {
      const lines = functions
        .filter(({ perPair }) => perPair >= 0.05)
        .map(({ name, perPair }) => `  ${perPair.toFixed(1).padStart(7)}  ${name}`);
      return `\n${workload}, ${build} (callgrind_annotate ${path.relative(root, file)}):\n${lines.join('\n')}`;
    }),
  );
}

await command(async () => {
  const options = wordsOfCommand();
  checkTools();
  const rows = await step('Counting', (say) => countAll(options.workloads, options.flags, say));
  const builds = Object.keys(rows[0].counts);
  const cells = rows.map(({ title, counts }) => [
    title,
    ...builds.map((build) => counts[build].perPair.toFixed(1)),
  ]);
  console.log(`\nInstructions of segfit a pair:\n\n${markdown(['workload', ...builds], cells)}`);
  if (options.functions) console.log(functionTables(rows).join('\n'));
  if (options.json !== undefined) {
    const all = { ...(await conditions()), flags: options.flags, rows };
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
  return 0;
});
