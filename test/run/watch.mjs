// SPDX-License-Identifier: MIT
/**
 * `npm run watch -- core|page|package`: runs the tests that a saved file affects, within seconds.
 *
 *     core       builds the quick C tests that may depend on the file, in the preset debug, and runs
 *                those whose program changed
 *     page       Jest runs the page's tests that depend on the saved file; tsc checks types
 *     package    the same for the npm package, over its sources: no bundle is built
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { commandArguments, UsageError } from '../../wasm/toolchain/arguments.mjs';
import { prepareFolder } from '../../wasm/toolchain/folders.mjs';
import { buildNeeds, ensureTools } from '../../wasm/toolchain/needs.mjs';
import { buildPackage } from '../../wasm/toolchain/parts.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../../wasm/toolchain/setup.mjs';
import { command, must, run, seconds, tail } from '../../wasm/toolchain/steps.mjs';

const USAGE = 'usage: npm run watch -- core|page|package';

// ----------------------------------------------------------------------------------- the core in C

const PRESET = 'debug';
const CORE_FOLDERS = ['include', 'src', 'test/c'];
/** Editors write a file in several steps; a verdict waits for the last of them. */
const SETTLE_MS = 50;

/** A change of these is tested by the programs of many test files, which take seconds. */
const GROUPED = /^(?:include|src[/]core|test[/]c[/](?:api|misuse|unit))[/]/;
const isGroup = ({ target }) => target.startsWith('group_');

/**
 * Returns the C tests with the label quick: `name`, the `target` that it runs, and when it was
 * `built`.
 */
async function quickTests() {
  const words = ['--preset', PRESET, '--label-regex', '^quick$', '--show-only=json-v1'];
  const { tests } = JSON.parse(await must('ctest', words, { cwd: root }));
  const builtAt = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return tests.map(({ name, command: [program] = [''] }) => ({
    name,
    target: path.parse(program).name,
    built: builtAt(program),
  }));
}

/**
 * Builds the tests that may depend on the `changed` files. Returns the names of those whose program
 * changed, or what the build said.
 */
async function buildCore(changed) {
  const all = await quickTests();
  const tests = changed.every((file) => GROUPED.test(file)) ? all.filter(isGroup) : all;
  const targets = tests.map(({ target }) => target);
  const words = ['--build', '--preset', PRESET, '--target', ...targets];
  const { code, output } = await run('cmake', words, { cwd: root });
  if (code !== 0) return { said: output };
  const before = new Map(tests.map(({ name, built }) => [name, built]));
  const isRebuilt = ({ name, built }) => before.has(name) && built !== before.get(name);
  return { affected: (await quickTests()).filter(isRebuilt).map(({ name }) => name) };
}

/** Builds, runs the affected tests, and prints the verdict. */
async function judgeCore(changed) {
  const begin = Date.now();
  const verdict = (text, said = '') => {
    const time = new Date().toTimeString().slice(0, 8);
    console.log(`${said}  ${time}  ${text}, ${seconds(Date.now() - begin)}`);
  };
  const { said, affected } = await buildCore(changed);
  if (said !== undefined) return verdict('FAILED to build', `${tail(said, 40)}\n`);
  if (affected.length === 0) return verdict('no test is affected');
  const pattern = `^(${affected.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
  const words = ['--preset', PRESET, '--tests-regex', pattern, '--output-on-failure'];
  const { code, output } = await run('ctest', words, { cwd: root });
  if (code === 0) return verdict(`passed: ${affected.join(', ')}`);
  return verdict('FAILED', `${tail(output, 60)}\n`);
}

/**
 * Calls `work` with the names of the files that changed below `folders`, each time some did.
 * Changes during a call cause another one.
 */
function afterChanges(folders, work) {
  const changed = new Set();
  let timer;
  let isRunning = false;
  const begin = async () => {
    if (isRunning || changed.size === 0) return;
    isRunning = true;
    const files = [...changed];
    changed.clear();
    await work(files);
    isRunning = false;
    begin();
  };
  for (const folder of folders) {
    fs.watch(path.join(root, folder), { recursive: true }, (_event, name) => {
      changed.add(path.posix.join(folder, name.replaceAll(path.sep, '/')));
      clearTimeout(timer);
      timer = setTimeout(begin, SETTLE_MS);
    });
  }
}

async function watchCore() {
  await ensureTools(buildNeeds);
  await prepareFolder(PRESET);
  await must('cmake', ['--preset', PRESET], { cwd: root });
  console.log(`  Building ${PRESET}, then watching ${CORE_FOLDERS.join(', ')}`);
  await judgeCore(['test']);
  afterChanges(CORE_FOLDERS, judgeCore);
}

// -------------------------------------------------------------------------------- page and package

/** Starts a tool of node_modules that watches by itself and writes to this terminal. */
function start(...words) {
  const [tool, ...args] = words;
  const file = path.join(root, 'node_modules', tool);
  spawn(process.execPath, ['--no-warnings', file, ...args], { cwd: root, stdio: 'inherit' });
}

/** Jest takes from git which files changed since the last commit, and watches from there on. */
async function watchJest(types, ...jest) {
  await ensurePackages();
  await buildPackage();
  start('jest/bin/jest.js', '--watch', ...jest);
  start('typescript/bin/tsc', '--watch', '--preserveWatchOutput', '--noEmit', '-p', types);
}

// ----------------------------------------------------------------------------------------- command

const audiences = {
  core: watchCore,
  // The test of types starts tsc, which runs here already.
  page: () =>
    watchJest('web', '--config=test/web/jest.config.mjs', '--testPathIgnorePatterns=/types\\.test'),
  package: () => watchJest('wasm/js', '--config=test/run/jest.source.config.mjs'),
};

await command(async () => {
  const [audience] = commandArguments({ usage: USAGE, most: 1 }).names;
  if (!Object.hasOwn(audiences, audience ?? '')) throw new UsageError(USAGE);
  await audiences[audience]();
});
