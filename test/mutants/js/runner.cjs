// SPDX-License-Identifier: MIT
/**
 * Jest's runner for mutants: of all files it executes those that hold a test which is asked for, and none after the
 * first that fails. Which tests a file holds is known from the run without a mutant, which asks for none by name.
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
      const names = {};
      this.on('test-file-success', ([test, { testResults }]) => {
        names[path.basename(test.path)] = testResults.map(({ fullName }) => fullName);
      });
      await super.runTests(tests, watcher, options);
      fs.writeFileSync(known, JSON.stringify(names));
      return;
    }
    const names = JSON.parse(fs.readFileSync(known, 'utf8'));
    const wanted = new RegExp(testNamePattern, 'i');
    this.on('test-file-success', ([, { numFailingTests, testExecError }]) => {
      if (numFailingTests > 0 || testExecError !== undefined) watcher.setState({ interrupted: true });
    });
    // A file that is not known is executed.
    const isAsked = ({ path: file }) => names[path.basename(file)]?.some((name) => wanted.test(name)) ?? true;
    await super.runTests(tests.filter(isAsked), watcher, options);
  }
};
