// SPDX-License-Identifier: MIT
/** A reporter for Jest that ends with the line "N passed, N failed". */
export default class CountsReporter {
  /**
   * A file that does not load, and a test that is skipped or still to be written, counts as failed.
   */
  onRunComplete(_contexts, results) {
    const failed =
      results.numFailedTests +
      results.numRuntimeErrorTestSuites +
      results.numPendingTests +
      results.numTodoTests;
    console.log(`${results.numPassedTests} passed, ${failed} failed`);
  }
}
