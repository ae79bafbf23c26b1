#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:instructions: executed instructions of malloc and its kin a pair of each workload,
 * natively, by callgrind. They do not depend on the machine's load, and little on the machine.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../wasm/toolchain/paths.mjs';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { markdown } from './malloc/figures.mjs';
import { conditions } from './malloc/conditions.mjs';
import { workloads as allWorkloads } from './malloc/workloads.mjs';
import { checkTools, countAll } from './native/instructions.mjs';

const USAGE = `usage: npm run bench:instructions -- [options]
  --only NAME,…        only these workloads
  --flags 'FLAGS'      compile segfit with FLAGS as well: --flags '-DSEGFIT_CACHE=64'
  --functions          in which functions they are
  --json FILE          all figures and their conditions`;

function parse(words) {
  const options = { flags: [], workloads: allWorkloads, functions: false, json: undefined };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--functions') options.functions = true;
    else if (word === '--only' && words[i + 1]) {
      const names = words[++i].split(',');
      options.workloads = allWorkloads.filter(({ name }) => names.includes(name));
      if (options.workloads.length < names.length) throw new Failure(`unknown in ${words[i]}`);
    } else if (word === '--flags' && words[i + 1]) options.flags = words[++i].split(/\s+/);
    else if (word === '--json' && words[i + 1]) options.json = words[++i];
    else throw Object.assign(new Failure(USAGE), { exitCode: 2 });
  }
  return options;
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
  const options = parse(process.argv.slice(2));
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
