// SPDX-License-Identifier: MIT
/**
 * The stages of `npm test`. A stage has a name for the command line, a title, how many processors
 * it keeps busy (1 or 2; `quickCores` in a quick run, if given), and what it runs. `quick` stages
 * are those of `npm test` without words: `true` runs all of the stage, a list of words gives these
 * to its script, a list of files runs those alone, and 'label' runs the tests of a preset that have
 * the label quick.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildAll } from '../../wasm/toolchain/build.mjs';
import { prepareFolder } from '../../wasm/toolchain/folders.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { run, tail } from '../../wasm/toolchain/steps.mjs';
import { fromJUnit, fromText, none } from './counts.mjs';

/**
 * Runs a program of a stage with its output in build/log, and shows the end of it when it fails.
 * Its counts are in the JUnit report that it writes to `report`, or where it writes none in its
 * last line.
 */
async function runner(stage, words, say, report) {
  const log = path.join(build, 'log', `${stage.name}.log`);
  if (report !== undefined) fs.rmSync(report, { force: true });
  const { code, output } = await run(words[0], words.slice(1), { cwd: root, say, log });
  const shown = `${tail(output, 60)}\n  All of it: ${path.relative(root, log)}`;
  const counts = report === undefined ? fromText(output) : await countsIn(report);
  return { code, counts: counts ?? none, shown };
}

async function countsIn(report) {
  return fs.existsSync(report) ? fromJUnit(fs.readFileSync(report, 'utf8')) : undefined;
}

/** The commands of a preset: all of it, or the tests with the label quick. */
function presetCommands(name, isQuick) {
  if (!isQuick) return [['cmake', '--workflow', '--preset', name]];
  return [
    ['cmake', '--preset', name],
    ['cmake', '--build', '--preset', name, '--target', 'quick_tests'],
    ['ctest', '--preset', name, '-L', '^quick$'],
  ];
}

function presetStage(name, title, options) {
  return {
    name,
    title: `C tests, ${title}`,
    cores: 2,
    ...options,
    async work(say, isQuick) {
      await prepareFolder(name);
      // CMakePresets.json names the same file.
      const report = path.join(build, name, 'ctest.xml');
      let result;
      for (const words of presetCommands(name, isQuick && options.quick === 'label')) {
        result = await runner(this, words, say, report);
        if (result.code !== 0) break;
      }
      return result;
    },
  };
}

/**
 * A stage that is a script of ours; `flags` are node's own, `quick` may be words for a short run.
 */
function scriptStage(name, title, file, { flags = [], ...options }) {
  return {
    name,
    title,
    ...options,
    work(say, isQuick) {
      const words = isQuick && Array.isArray(options.quick) ? options.quick : [];
      return runner(this, [process.execPath, ...flags, file, ...words], say);
    },
  };
}

/**
 * The words for Node's own test runner, which leaves one processor idle unless it gets a number. It
 * writes a JUnit report from Node 20.11 on.
 */
export function nodeTestWords(report, concurrency = os.availableParallelism()) {
  return [
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=junit',
    `--test-reporter-destination=${report}`,
  ];
}

/** A stage of Node's own test runner: the files that end in .test.mjs of these folders. */
function nodeStage(name, title, folders, quick, cores = 2) {
  return {
    name,
    title,
    quick,
    cores,
    work(say, isQuick) {
      const all = folders.flatMap((folder) =>
        fs
          .readdirSync(path.join(root, folder))
          .sort()
          .filter((file) => file.endsWith('.test.mjs'))
          .map((file) => path.join(folder, file)),
      );
      const files = isQuick && Array.isArray(quick) ? quick : all;
      const report = path.join(build, 'log', `${name}.xml`);
      const words = [process.execPath, ...nodeTestWords(report), ...files];
      return runner(this, words, say, report);
    },
  };
}

const jestStage = {
  name: 'jest',
  title: 'JavaScript tests',
  quick: true,
  cores: 2,
  work(say) {
    const jest = path.join('node_modules', 'jest', 'bin', 'jest.js');
    const reporters = ['default', './test/run/jest_reporter.mjs'];
    const args = ['--colors=false', ...reporters.map((name) => `--reporters=${name}`)];
    const words = [process.execPath, '--experimental-vm-modules', '--no-warnings', jest, ...args];
    return runner(this, words, say);
  },
};

const buildStage = {
  name: 'build',
  title: 'Build',
  quick: true,
  cores: 2,
  /** It runs first and reports its own steps. */
  isBuild: true,
  async work() {
    const failed = await buildAll();
    return { code: failed.length === 0 ? 0 : 1, counts: none, shown: '' };
  },
};

export const stages = [
  buildStage,
  nodeStage('style', 'Sentences and structure', ['test/style'], true, 1),
  nodeStage(
    'setup',
    'Setup tests',
    ['test/package'],
    [
      'test/package/readme.test.mjs',
      'test/package/recipe.test.mjs',
      'test/package/runner.test.mjs',
      'test/package/setup.test.mjs',
    ],
  ),
  nodeStage(
    'package',
    'npm package',
    ['test/package/npm', 'test/cli', 'test/examples', 'bench/test'],
    [
      'test/package/npm/api.test.mjs',
      'test/package/npm/package.test.mjs',
      'test/cli/arguments.test.mjs',
    ],
  ),
  presetStage('debug', 'with assertions', { quick: 'label' }),
  presetStage('release', 'optimised', {}),
  presetStage('sanitize', 'sanitizers', { quick: 'label' }),
  presetStage('m32', '32 bits', {}),
  presetStage('clang', 'clang', {}),
  presetStage('wasi', 'WASI', { quick: 'label' }),
  presetStage('emscripten', 'Emscripten', {}),
  presetStage('wasm', 'freestanding WebAssembly', { quick: true }),
  scriptStage('programs', 'Programs with segfit as malloc', 'test/programs/run.mjs', { cores: 2 }),
  scriptStage('budgets', 'Budgets', 'test/budgets/run.mjs', { quick: true, cores: 1 }),
  scriptStage('realtime', 'Real time', 'test/realtime/run.mjs', {
    quick: true,
    cores: 1,
    // Ways through machine code are followed by recursion.
    flags: ['--stack-size=3900'],
  }),
  scriptStage('corruption', 'Corruption', 'test/corruption/run.mjs', {
    quick: ['--native'],
    cores: 1,
  }),
  jestStage,
  scriptStage('pools', 'Pools in browsers', 'test/js/browser.mjs', {
    quick: ['--only=Chromium'],
    cores: 1,
  }),
  scriptStage('page', 'The page in browsers', 'test/web/browser.mjs', {
    quick: ['--main'],
    quickCores: 1,
    cores: 2,
  }),
];
