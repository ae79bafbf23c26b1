// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';

import { CallLog } from '../../web/model/run/call_log.ts';
import { diagnose } from '../../web/model/run/diagnosis.ts';
import { malloc, release, run, small } from './real.ts';

/** Returns a call log of `length` calls with the given statistics. */
function ledgerOf(
  length: number,
  held: (call: number) => number,
  largest: (call: number) => number,
) {
  const callLog = new CallLog(Array.from({ length }, () => malloc(8)));
  for (let call = 1; call <= length; call++) {
    callLog.held[call] = held(call);
    callLog.used[call] = held(call);
    callLog.capacity[call] = 100_000;
    callLog.largest[call] = largest(call);
  }
  return callLog;
}

const wave = (call: number): number => 50_000 + 2000 * Math.sin(call / 9);

test('level held bytes with a falling guaranteed allocation are fragmentation', () => {
  const callLog = ledgerOf(2000, wave, (call) => 40_000 - 15 * call);
  expect(diagnose(callLog, 2000)).toMatch(/the heap fragments\.$/);
});

test('rising held bytes are reported as a leak', () => {
  const callLog = ledgerOf(
    2000,
    (call) => 10_000 + 30 * call,
    () => 5000,
  );
  expect(diagnose(callLog, 2000)).toMatch(/^The held bytes have risen since call 1,001 /);
});

test('a run that rises and falls, and a short run, have no diagnosis', () => {
  const callLog = ledgerOf(2000, wave, () => 30_000);
  expect(diagnose(callLog, 2000)).toBe('');
  expect(
    diagnose(
      ledgerOf(
        200,
        (call) => 30 * call,
        () => 1,
      ),
      200,
    ),
  ).toBe('');
});

test('a leak of a real program is found', () => {
  const calls = Array.from({ length: 600 }, (_, at) => {
    const block = malloc(40 + (at % 7) * 8);
    return at % 3 === 0 ? [block] : [block, release(block)];
  }).flat();
  const { callLog } = run(calls, { ...small, limit: 256 * 1024 }).history;
  expect(diagnose(callLog, calls.length)).toMatch(/never fell back/);
});
