#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run mutants:js [-- stryker's options]`: plants small changes in a copy of the package's
 * sources by Stryker and runs Jest's tests of it, which in that copy import the sources and not the
 * bundle. Fails below 90 % found; the page of all mutants is
 * build/mutants-js/reports/mutation/mutation.html.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../../../wasm/toolchain/build.mjs';
import { build, dist, root } from '../../../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../../../wasm/toolchain/setup.mjs';
import { command, Failure, run } from '../../../wasm/toolchain/steps.mjs';
import { commandArguments, number, text } from '../../../wasm/toolchain/arguments.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = path.join(build, 'mutants-js');
const LEAST = 90;

/**
 * Files that no mutant is planted in: what is generated from C, types alone, and what stands in for
 * another file on hosts that refuse bytes or names the package's files, which the tests of the
 * packed package execute.
 */
const spared = [
  'generated/**',
  '**/*.d.ts',
  ...['compiled_file.ts', 'hex_file.ts'].map((name) => `internal/${name}`),
  ...['index.ts', 'tracing.ts', 'malloc.ts'].map((name) => `public/${name}`),
];

/** Tests that compile C, are of the bundle, or take long. */
const leftOut = ['coded', 'differential', 'foreign', 'fuzz', 'package', 'peers'];

const jestConfig = {
  runner: path.join(here, 'runner.cjs'),
  testMatch: ['<rootDir>/test/js/*.test.ts'],
  testPathIgnorePatterns: leftOut.map((name) => `/test/js/${name}\\.test\\.ts$`),
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
  },
  moduleNameMapper: {
    '^segfit$': '<rootDir>/wasm/js/public/index.ts',
    '^segfit/core$': '<rootDir>/wasm/js/public/core.ts',
  },
};

const strykerConfig = {
  testRunner: 'jest',
  plugins: [
    path.join(here, 'node_modules', '@stryker-mutator', 'jest-runner', 'dist', 'src', 'index.js'),
  ],
  mutate: ['wasm/js/**/*.ts', ...spared.map((name) => `!wasm/js/${name}`)],
  jest: { configFile: 'jest.config.json' },
  coverageAnalysis: 'perTest',
  // Each is a run of Jest of its own; what fails under load is no finding.
  concurrency: 2,
  timeoutMS: 8000,
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  clearTextReporter: { reportTests: false, allowColor: false, reportMutants: true },
  // Few tests compare the text of a message. Those of bad input check that it names the value.
  mutator: { excludedMutations: ['StringLiteral'] },
  thresholds: { high: 95, low: LEAST, break: LEAST },
  inPlace: false,
  cleanTempDir: 'always',
  ignorePatterns: ['reports'],
  allowConsoleColors: false,
};

function copyProject() {
  const write = (name, value) =>
    fs.writeFileSync(path.join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  for (const name of ['wasm', 'test', 'dist', 'src', 'include'])
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  for (const name of ['wasm/js', 'test/js', 'src', 'include']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  fs.mkdirSync(path.join(folder, 'dist'), { recursive: true });
  for (const name of fs.readdirSync(dist).filter((one) => /^[^/]*\.(js|cjs|wasm)$/.test(one))) {
    fs.copyFileSync(path.join(dist, name), path.join(folder, 'dist', name));
  }
  const modules = path.join(folder, 'node_modules');
  if (!fs.existsSync(modules)) fs.symlinkSync(path.join(root, 'node_modules'), modules);
  // Programs that tests start ask for the package by its name: they have the bundle, without
  // mutants.
  fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  write('jest.config.json', jestConfig);
  write('stryker.config.json', strykerConfig);
}

await command(async () => {
  const options = { mutate: text, concurrency: number(1, 64) };
  commandArguments({
    usage: 'usage: npm run mutants:js [-- --mutate FILE --concurrency N]',
    options,
  });
  await ensurePackages(here, 'the mutator');
  const failed = await buildAll();
  if (failed.length > 0) throw new Failure(`not built: ${failed.join(', ')}`);
  fs.mkdirSync(folder, { recursive: true });
  copyProject();
  const stryker = path.join(here, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const words = [stryker, 'run', ...process.argv.slice(2)];
  const show = (text) => process.stdout.write(text);
  // Names of random tests have the seed in them, by which they are found again.
  const env = { ...process.env, SEED: '1' };
  const { code } = await run(process.execPath, words, { cwd: folder, say: show, env });
  return code;
});
