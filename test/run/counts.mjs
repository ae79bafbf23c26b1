// SPDX-License-Identifier: MIT
/** How many tests passed and failed, out of what each runner leaves. */
import fs from 'node:fs';

export const none = { passed: 0, failed: 0 };

export function sum(counts) {
  return counts.reduce(
    (all, { passed, failed }) => ({ passed: all.passed + passed, failed: all.failed + failed }),
    none,
  );
}

/** The last line "N passed, N failed" of a text, or undefined. */
export function fromText(text) {
  const line = [...text.matchAll(/^\s*(\d+) passed, (\d+) failed\s*$/gm)].at(-1);
  return line && { passed: Number(line[1]), failed: Number(line[2]) };
}

/** node's own test runner, in its TAP or its readable form. What was left out counts as failed. */
export function fromNodeTest(text) {
  const number = (name) => Number(text.match(new RegExp(`^(?:#|ℹ) ${name} (\\d+)`, 'm'))?.[1] ?? 0);
  const failed = ['fail', 'cancelled', 'skipped', 'todo'].reduce(
    (all, name) => all + number(name),
    0,
  );
  return { passed: number('pass'), failed };
}

/** Jest's report as JSON. A file that does not even load, and a test left out, is one failure. */
export function fromJest(file) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed:
      report.numFailedTests +
      report.numRuntimeErrorTestSuites +
      report.numPendingTests +
      report.numTodoTests,
  };
}

/**
 * CTest's report as JUnit XML. A test of our harness counts as its own line says; any other, and
 * one whose line and verdict disagree, as one.
 */
export function fromCTest(file) {
  const xml = fs.readFileSync(file, 'utf8');
  const cases = [
    ...xml.matchAll(/<testcase [^>]*?status="(\w+)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
  ];
  return sum(
    cases.map(([, status, body = '']) => {
      const passed = status === 'run';
      const own = fromText(body.replace(/<\/?system-out>/g, '\n'));
      if (own !== undefined && passed === (own.failed === 0)) return own;
      return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    }),
  );
}
