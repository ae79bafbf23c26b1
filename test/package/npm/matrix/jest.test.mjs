// SPDX-License-Identifier: MIT
// The installed package in a user's Jest tests.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { answer, Project, useByImport, useByRequire } from '../installed.mjs';
import { matrix, tool } from './tools.mjs';

const jsdom = createRequire(matrix).resolve('jest-environment-jsdom');

let project;
before(() => {
  project = new Project();
  const claim = `test('it works', () => expect(said).toBe('${answer}'));\n`;
  project.write('app.test.cjs', useByRequire + claim);
  project.write('app.test.mjs', useByImport + claim);
});
after(() => project?.remove());

/** Runs Jest on one file; fails unless its one test passed. */
function jest(file, environment, nodeOptions = []) {
  const config = {
    rootDir: project.folder,
    testMatch: [`**/${file}`],
    testEnvironment: environment,
  };
  const words = [tool('jest', 'bin', 'jest.js'), `--config=${JSON.stringify(config)}`, '--json'];
  const { stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, ...words], {
    cwd: project.folder,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.match(stdout, /^{/, stderr);
  const { success, numPassedTests, testResults } = JSON.parse(stdout);
  const said = testResults.map(({ message }) => message).join('\n');
  assert.deepEqual([success, numPassedTests], [true, 1], said);
}

test('Jest, CommonJS, no flags', () => jest('app.test.cjs', 'node'));
test('Jest, jsdom', () => jest('app.test.cjs', jsdom));
test('Jest, modules', () => jest('app.test.mjs', 'node', ['--experimental-vm-modules']));
