#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:malloc: malloc in wasm against its peers. malloc/options.mjs says what can be
 * asked.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { workloads as allWorkloads } from '../test/workloads/workloads.mjs';
import { command, step } from '../wasm/toolchain/steps.mjs';
import { measureInBrowsers } from './malloc/browsers.mjs';
import { buildModules } from './malloc/build.mjs';
import { conditions } from './malloc/conditions.mjs';
import { collect, ratios, tables } from './malloc/figures.mjs';
import { measure } from './malloc/measure.mjs';
import { measurePages } from './malloc/memory.mjs';
import { parseOptions } from './malloc/options.mjs';
import { summary } from './malloc/summary.mjs';
import { threadPrograms } from './threads/emscripten.mjs';
import { measureThreads } from './threads/measure.mjs';
import { tellFailures, threadTables } from './threads/tables.mjs';
import { threadWorkloads } from './threads/workloads.mjs';

/** In Node, all functions are compiled once and well: nothing is measured while it warms up. */
function compileInNode(modules) {
  v8.setFlagsFromString('--no-liftoff');
  v8.setFlagsFromString('--no-wasm-lazy-compilation');
  return modules.map(({ name, file }) => ({
    name,
    module: new WebAssembly.Module(fs.readFileSync(file)),
  }));
}

function report(engine, table, modules, workloads, quick) {
  const { times, medians, speed, pages } = tables(table, modules, workloads);
  const parts = quick ? [times, speed, pages] : [times, medians, speed, pages];
  console.log([`\n## ${engine}\n`, ...parts, summary(table, modules)].join('\n'));
  return { engine, table, ratios: ratios(table, modules) };
}

/** The workloads of several threads: Emscripten's programs, in Node. */
async function measureWithThreads(options) {
  const { programs, missing } = await step('Building with threads', () => threadPrograms(options));
  missing.forEach((line) => console.log(`  not measured: ${line}`));
  if (programs.length === 0) return undefined;
  const extent = options.quick ? { passes: 1, count: 5 } : { passes: 3, count: 7 };
  const { table, failures } = await step('Measuring threads in Node', (say) =>
    measureThreads(programs, threadWorkloads, { ...extent, say }),
  );
  const engine = `Node ${process.versions.node}`;
  console.log(`\n## Threads, ${engine}\n\n${threadTables(table, programs, threadWorkloads)}`);
  const about = { allocators: programs.map(known), workloads: threadWorkloads };
  return { engine, missing, failures, ...about, table };
}

/** Of an allocator, what a reader of figures has to know. */
const known = ({ name, title, align, peer }) => ({ name, title, align, peer });

/** The workloads of one thread, in every engine asked for. */
async function measureAll(modules, workloads, options) {
  const compiled = compileInNode(modules);
  const pages = await step('Measuring memory', (say) =>
    measurePages(compiled, workloads, options.seeds, say),
  );
  const tell = (engine, results) =>
    report(engine, collect(results, pages), modules, workloads, options.quick);
  const inNode = await step('Measuring in Node', (say) =>
    measure(compiled, workloads, { ...options, say }),
  );
  const engines = [tell(`Node ${process.versions.node}`, inNode)];
  if (options.browsers) {
    for (const { engine, results } of await measureInBrowsers(modules, workloads, options)) {
      engines.push(tell(engine, results));
    }
  }
  return engines;
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  const built = await step('Building', () => buildModules(options));
  const { modules, missing, traces } = built;
  missing.forEach((line) => console.log(`  not measured: ${line}`));
  const chosen = ({ name }) => options.only === undefined || options.only.includes(name);
  const workloads = allWorkloads.filter(chosen);
  const engines = workloads.length === 0 ? [] : await measureAll(modules, workloads, options);
  const threads = options.threads ? await measureWithThreads(options) : undefined;
  if (options.json !== undefined) {
    const allocators = modules.map(known);
    const about = { ...(await conditions(options)), traces, missing };
    const all = { ...about, allocators, workloads, engines, threads };
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
  return tellFailures(threads?.failures ?? []);
}

await command(main);
