// SPDX-License-Identifier: MIT
/**
 * How many tests passed and failed. Runners that write JUnit are read by a library; scripts of this
 * project, and Jest by its reporter, end with the line "N passed, N failed".
 */
export const none = { passed: 0, failed: 0 };

export function sum(counts) {
  return counts.reduce(
    (all, { passed, failed }) => ({ passed: all.passed + passed, failed: all.failed + failed }),
    none,
  );
}

/** Returns the counts of the last line "N passed, N failed" of a text, or undefined. */
export function fromText(text) {
  const line = [...text.matchAll(/^\s*(\d+) passed, (\d+) failed\s*$/gm)].at(-1);
  return line && { passed: Number(line[1]), failed: Number(line[2]) };
}

const casesIn = ({ testcase = [], testsuite = [] }) => [...testcase, ...testsuite.flatMap(casesIn)];

/** CTest states how a case ended; Node's runner adds an element to a case that did not pass. */
function hasPassed(testcase) {
  if (testcase.status !== undefined) return testcase.status === 'run';
  return !['failure', 'error', 'skipped'].some((name) => Object.hasOwn(testcase, name));
}

/** A C test program counts as its own line states, unless that contradicts CTest's verdict. */
function countsOf(testcase) {
  const passed = hasPassed(testcase);
  const own = fromText(testcase['system-out'] ?? '');
  if (own !== undefined && passed === (own.failed === 0)) return own;
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Returns the counts of a JUnit report. A skipped test counts as failed. */
export async function fromJUnit(xml) {
  // Loaded here, since set-up runs before npm has installed any package.
  const { XMLParser } = await import('fast-xml-parser');
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => name === 'testcase' || name === 'testsuite',
    parseTagValue: false,
    // Their number is limited, and no count depends on them.
    processEntities: false,
  });
  const report = parser.parse(xml);
  return sum(casesIn({ ...report, ...report.testsuites }).map(countsOf));
}
