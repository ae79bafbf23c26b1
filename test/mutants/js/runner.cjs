// SPDX-License-Identifier: MIT
/**
 * Jest's runner for mutants: of all files it executes those that hold a test which is asked for, the fastest first,
 * and none after one that fails. Which tests a file holds is known from the run without a mutant, which asks for none by name.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { default: TestRunner } = require('jest-runner');

module.exports = class MutantRunner extends TestRunner {
  async runTests(tests, watcher, options) {
    const { testNamePattern, rootDir } = this._globalConfig;
    const known = path.join(rootDir, 'tests-of-files.json');
    if (testNamePattern === undefined || testNamePattern === '') {
      const files = {};
      this.on('test-file-success', ([test, { testResults, perfStats }]) => {
        const names = testResults.map(({ fullName }) => fullName);
        files[path.basename(test.path)] = { names, time: perfStats.end - perfStats.start };
      });
      await super.runTests(tests, watcher, options);
      fs.writeFileSync(known, JSON.stringify(files));
      return;
    }
    const files = JSON.parse(fs.readFileSync(known, 'utf8'));
    const wanted = new RegExp(testNamePattern, 'i');
    this.on('test-file-success', ([, { numFailingTests, testExecError }]) => {
      if (numFailingTests > 0 || testExecError !== undefined)
        watcher.setState({ interrupted: true });
    });
    const of = (test) => files[path.basename(test.path)] ?? { names: [], time: 0 };
    const asked = tests.filter((test) => of(test).names.some((name) => wanted.test(name)));
    await super.runTests(
      asked.sort((a, b) => of(a).time - of(b).time),
      watcher,
      options,
    );
  }
};
