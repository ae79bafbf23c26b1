// SPDX-License-Identifier: MIT
/** `npm test`: sets up every toolchain, builds every target, runs every test, and says the sum. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildAll } from './build.mjs';
import { fromCTest, fromJest, fromNodeTest, fromText, none, sum } from './counts.mjs';
import { ensureTools } from './needs.mjs';
import { build, root } from './paths.mjs';
import { ensurePackages } from './setup.mjs';
import { command, run, seconds, step, tail } from './steps.mjs';
import { commandWords } from './words.mjs';

const presets = ['debug', 'release', 'sanitize', 'm32', 'clang', 'wasi', 'emscripten', 'wasm'];
const jestReport = path.join(build, 'log', 'jest.json');

/** Runs a program of a stage, its output in build/log; the end of it is shown when it fails. */
async function runner(name, words, read) {
  const log = path.join(build, 'log', `${name.replaceAll(/\W+/g, '-')}.log`);
  const result = await step(name, (say) => run(words[0], words.slice(1), { cwd: root, say, log }));
  if (result.code !== 0) {
    console.log(`${tail(result.output, 60)}\n  All of it: ${path.relative(root, log)}`);
  }
  return { ...result, counts: read(result.output) ?? none };
}

/** A stage that needs a file of this project: its absence is said, and counts as a failure. */
function stageOf(name, file, work) {
  return [
    name,
    () => {
      if (fs.existsSync(path.join(root, file))) return work(name);
      console.log(`  ${file} is absent from this checkout`);
      return { code: 1, counts: none };
    },
  ];
}

/** `flags`: node's own. */
function scriptStage(name, file, ...flags) {
  return stageOf(name, file, () => runner(name, [process.execPath, ...flags, file], fromText));
}

function presetStage(preset) {
  const name = `C tests, ${preset}`;
  return [
    name,
    () => {
      const report = path.join(build, preset, 'ctest.xml');
      fs.rmSync(report, { force: true });
      const read = () => (fs.existsSync(report) ? fromCTest(report) : undefined);
      return runner(name, ['cmake', '--workflow', '--preset', preset], read);
    },
  ];
}

function jestStage() {
  const jest = path.join('node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--json', `--outputFile=${jestReport}`, '--colors=false'];
  const words = [process.execPath, '--experimental-vm-modules', '--no-warnings', jest, ...args];
  const read = () => (fs.existsSync(jestReport) ? fromJest(jestReport) : undefined);
  // Without its configuration Jest would take the commands themselves for tests.
  return stageOf('JavaScript tests', 'jest.config.mjs', (name) => {
    fs.rmSync(jestReport, { force: true });
    return runner(name, words, read);
  });
}

/** Node's own test runner leaves one processor idle, unless it is told how many: from 20.10 on. */
function concurrency() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isKnown = major > 20 || minor >= 10;
  return isKnown ? [`--test-concurrency=${os.availableParallelism()}`] : [];
}

/** A stage of Node's own test runner: the files that end in .test.mjs of these folders. */
function nodeStage(name, ...folders) {
  const words = folders.flatMap((folder) => {
    const files = fs.readdirSync(path.join(root, folder)).sort();
    const tests = files.filter((file) => file.endsWith('.test.mjs'));
    return tests.map((file) => path.join(folder, file));
  });
  const all = [process.execPath, '--test', ...concurrency(), ...words];
  return [name, () => runner(name, all, fromNodeTest)];
}

const stages = [
  [
    'Build',
    async () => {
      const failed = await buildAll();
      return { code: failed.length === 0 ? 0 : 1, counts: none, tests: false };
    },
  ],
  nodeStage('Setup tests', 'test/package'),
  nodeStage('npm package', 'test/package/npm', 'test/cli', 'test/bench', 'test/examples'),
  ...presets.map(presetStage),
  scriptStage('Programs with segfit as malloc', 'test/programs/run.mjs'),
  scriptStage('Budgets', 'test/budgets/run.mjs'),
  // Ways through machine code are followed by recursion.
  scriptStage('Real time', 'test/realtime/run.mjs', '--stack-size=3900'),
  scriptStage('Corruption', 'test/corruption/run.mjs'),
  jestStage(),
  scriptStage('Pools in browsers', 'test/js/browser.mjs'),
  scriptStage('Browser tests', 'test/web/browser.mjs'),
];

/**
 * What a stage adds to the sum: one that failed without naming a test, or ran none, failed once.
 */
function verdict({ code, counts, tests = true }) {
  const silent =
    (code !== 0 && counts.failed === 0) || (tests && counts.passed + counts.failed === 0);
  return silent ? { passed: counts.passed, failed: 1 } : counts;
}

async function runStages() {
  const results = [];
  for (const [name, work] of stages) {
    console.log(`\n== ${name}`);
    const begin = Date.now();
    const counts = verdict(await work());
    results.push({ name, counts, time: Date.now() - begin });
  }
  return results;
}

function summary(results, time) {
  console.log(`\n== Summary, ${seconds(time)}`);
  for (const { name, counts, time: spent } of results) {
    const { passed, failed } = counts;
    const word = failed > 0 ? 'FAILED' : 'ok';
    const line = `${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed`;
    console.log(`  ${name.padEnd(32)} ${word.padEnd(6)} ${line}  ${seconds(spent).padStart(12)}`);
  }
}

await command(async () => {
  commandWords({ usage: 'usage: npm test' });
  const begin = Date.now();
  console.log('== Setup');
  await ensurePackages();
  await ensureTools('test');
  const results = await runStages();
  summary(results, Date.now() - begin);
  const { passed, failed } = sum(results.map(({ counts }) => counts));
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
