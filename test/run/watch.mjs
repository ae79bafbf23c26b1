// SPDX-License-Identifier: MIT
/**
 * `npm run watch -- core|page|package`: runs the tests that a saved file affects, within seconds.
 *
 *     core       builds the quick C tests of the preset debug and runs those whose programs changed
 *     page       Jest runs the page's tests that depend on the saved file; tsc checks types
 *     package    the same for the npm package, over its sources: no bundle is built
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { prepareFolder } from '../../wasm/toolchain/folders.mjs';
import { buildNeeds, ensureTools } from '../../wasm/toolchain/needs.mjs';
import { buildPackage } from '../../wasm/toolchain/parts.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../../wasm/toolchain/setup.mjs';
import { command, must, run, seconds, tail } from '../../wasm/toolchain/steps.mjs';
import { commandWords, UsageError } from '../../wasm/toolchain/words.mjs';

const USAGE = 'usage: npm run watch -- core|page|package';

// ----------------------------------------------------------------------------------- the core in C

const PRESET = 'debug';
const CORE_FOLDERS = ['include', 'src', 'test/c'];
/** Editors write a file in several steps; a verdict waits for the last of them. */
const SETTLE_MS = 50;

/** Returns the C tests with the label quick: `name`, and when the program that runs was `built`. */
async function quickTests() {
  const words = ['--preset', PRESET, '--label-regex', '^quick$', '--show-only=json-v1'];
  const { tests } = JSON.parse(await must('ctest', words, { cwd: root }));
  const builtAt = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return tests.map(({ name, command: [program] = [''] }) => ({ name, built: builtAt(program) }));
}

/**
 * Builds the quick tests. Returns the names of those whose program changed, or what the build said.
 */
async function buildCore() {
  const before = new Map((await quickTests()).map(({ name, built }) => [name, built]));
  const words = ['--build', '--preset', PRESET, '--target', 'quick_tests'];
  const { code, output } = await run('cmake', words, { cwd: root });
  if (code !== 0) return { said: output };
  const changed = (await quickTests()).filter(({ name, built }) => built !== before.get(name));
  return { affected: changed.map(({ name }) => name) };
}

/** Builds, runs the affected tests, and prints the verdict. */
async function judgeCore() {
  const begin = Date.now();
  const verdict = (text, said = '') => {
    const time = new Date().toTimeString().slice(0, 8);
    console.log(`${said}  ${time}  ${text}, ${seconds(Date.now() - begin)}`);
  };
  const { said, affected } = await buildCore();
  if (said !== undefined) return verdict('FAILED to build', `${tail(said, 40)}\n`);
  if (affected.length === 0) return verdict('no test is affected');
  const pattern = `^(${affected.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
  const words = ['--preset', PRESET, '--tests-regex', pattern, '--output-on-failure'];
  const { code, output } = await run('ctest', words, { cwd: root });
  if (code === 0) return verdict(`passed: ${affected.join(', ')}`);
  return verdict('FAILED', `${tail(output, 60)}\n`);
}

/** Runs `work` after each change below `folders`; changes during a run cause one more run. */
function afterChanges(folders, work) {
  let timer;
  let isRunning = false;
  let isStale = false;
  const begin = async () => {
    if (isRunning) {
      isStale = true;
      return;
    }
    isRunning = true;
    await work();
    isRunning = false;
    if (isStale) schedule();
    isStale = false;
  };
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(begin, SETTLE_MS);
  };
  for (const folder of folders) fs.watch(path.join(root, folder), { recursive: true }, schedule);
}

async function watchCore() {
  await ensureTools(buildNeeds);
  await prepareFolder(PRESET);
  await must('cmake', ['--preset', PRESET], { cwd: root });
  console.log(`  Building ${PRESET}; then every saved file of ${CORE_FOLDERS.join(', ')} is tested.`);
  await judgeCore();
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
async function watchJest(config, types) {
  await ensurePackages();
  await buildPackage();
  start('jest/bin/jest.js', '--watch', '--config', config);
  start('typescript/bin/tsc', '--watch', '--preserveWatchOutput', '--noEmit', '-p', types);
}

// ----------------------------------------------------------------------------------------- command

const audiences = {
  core: watchCore,
  page: () => watchJest('test/web/jest.config.mjs', 'web'),
  package: () => watchJest('test/run/jest.source.config.mjs', 'wasm/js'),
};

await command(async () => {
  const [audience] = commandWords({ usage: USAGE, most: 1 }).names;
  if (!Object.hasOwn(audiences, audience ?? '')) throw new UsageError(USAGE);
  await audiences[audience]();
});
