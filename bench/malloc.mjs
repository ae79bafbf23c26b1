#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:malloc -- [--quick] [--browsers] [--json FILE] [--only NAME,…] [--rounds N]
 *
 * malloc in wasm against its peers. --only builds and measures some; --quick is for trying it out.
 * Figures and their conditions go to FILE.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { measureInBrowsers } from './malloc/browsers.mjs';
import { buildModules } from './malloc/build.mjs';
import { collect, ratios, tables } from './malloc/figures.mjs';
import { conditions } from './malloc/conditions.mjs';
import { measure } from './malloc/measure.mjs';
import { workloads as allWorkloads } from './malloc/workloads.mjs';

const USAGE =
  'usage: npm run bench:malloc -- ' +
  '[--quick] [--browsers] [--json FILE] [--only NAME,…] [--rounds N]';
const ROUNDS = 61;
const QUICK = { rounds: 5, part: 4 };

function parse(words) {
  const options = { rounds: ROUNDS, part: 1, browsers: false, json: undefined, only: undefined };
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '--quick') Object.assign(options, QUICK);
    else if (words[i] === '--browsers') options.browsers = true;
    else if (words[i] === '--json' && words[i + 1]) options.json = words[++i];
    else if (words[i] === '--only' && words[i + 1]) options.only = words[++i].split(',');
    else if (words[i] === '--rounds' && words[i + 1] > 0) options.rounds = Number(words[++i]);
    else throw Object.assign(new Failure(USAGE), { exitCode: 2 });
  }
  return options;
}

/** In Node, all functions are compiled once and well: nothing is measured while it warms up. */
async function measureInNode(modules, workloads, options) {
  v8.setFlagsFromString('--no-liftoff');
  v8.setFlagsFromString('--no-wasm-lazy-compilation');
  const compiled = modules.map(({ name, file }) => ({
    name,
    module: new WebAssembly.Module(fs.readFileSync(file)),
  }));
  return step('Measuring in Node', (say) => measure(compiled, workloads, { ...options, say }));
}

function report(engine, results, modules, workloads) {
  const table = collect(results);
  const parts = Object.values(tables(table, modules, workloads));
  console.log([`\n## ${engine}\n`, ...parts].join('\n'));
  return { engine, table, ratios: ratios(table, modules) };
}

/** Of an allocator, what a reader of figures has to know. */
const known = ({ name, title, align, peer }) => ({ name, title, align, peer });

async function main() {
  const options = parse(process.argv.slice(2));
  const built = await step('Building', () => buildModules(options.only));
  const { modules, missing, traces } = built;
  missing.forEach((line) => console.log(`  not measured: ${line}`));
  const workloads = allWorkloads.filter(({ name }) => name !== 'trace' || traces.length > 0);
  if (traces.length === 0) console.log('  not measured: replay, as web/traces has no trace');
  const node = `Node ${process.versions.node}`;
  const engines = [
    report(node, await measureInNode(modules, workloads, options), modules, workloads),
  ];
  if (options.browsers) {
    for (const { engine, results } of await measureInBrowsers(modules, workloads, options)) {
      engines.push(report(engine, results, modules, workloads));
    }
  }
  if (options.json !== undefined) {
    const allocators = modules.map(known);
    const about = { ...(await conditions(options)), traces, missing };
    const all = { ...about, allocators, workloads, engines };
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
}

await command(main);
