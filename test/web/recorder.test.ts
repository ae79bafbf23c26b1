// SPDX-License-Identifier: MIT
/** Runs src/tools/record.c with a program whose calls are known. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readHeapl, type ReadResult } from '../../web/formats/heapl.ts';
import { timesOf } from '../../web/model/run/call_times.ts';
import type { Operation } from '../../web/model/run/operation.ts';

const root = join(__dirname, '..', '..');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the recorder (Linux only)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'segfit-recorder-'));
  const library = join(folder, 'record.so');
  const program = join(folder, 'program');
  const file = join(folder, 'trace.heapl');
  const env = { PATH: process.env.PATH ?? '', LD_PRELOAD: library, SEGFIT_RECORD_FILE: file };
  let result: ReadResult;

  beforeAll(() => {
    const cc = process.env.CC ?? 'cc';
    execFileSync(cc, [
      '-std=c11',
      '-O2',
      '-fPIC',
      '-shared',
      '-DSEGFIT_RECORD=1',
      join(root, 'src', 'tools', 'record.c'),
      '-o',
      library,
    ]);
    execFileSync(cc, [
      '-std=gnu11',
      '-O1',
      '-fno-builtin',
      '-pthread',
      join(root, 'test', 'web', 'recorded.c'),
      '-o',
      program,
    ]);
    execFileSync(program, { env });
    result = readHeapl(readFileSync(file, 'utf8'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test('the records of four threads are possible in their order', () => {
    expect(result.warnings).toEqual([]);
    expect(result.trace.operations.length).toBeGreaterThan(4 * 2000);
    expect(result.trace.meta).toEqual({ recorder: 'segfit', word_size: 8 });
  });

  test('sizes, alignments, zeroing and reallocs are recorded as requested', () => {
    const { operations } = result.trace;
    const find = (size: number) =>
      operations.find((each) => each.kind !== 'free' && each.size === size);
    expect(find(1001)).toMatchObject({ kind: 'malloc', align: 0, zero: false });
    expect(find(7 * 141)).toMatchObject({ kind: 'malloc', zero: true });
    expect(find(1003)).toMatchObject({ kind: 'malloc', align: 256 });
    expect(operations).toContainEqual(expect.objectContaining({ size: 1024, align: 64 }));
    expect(find(100_001)).toMatchObject({ kind: 'realloc', oldId: find(1001)!.id });
  });

  test('failed calls and calls of a child process are not recorded', () => {
    const sizes = result.trace.operations.flatMap((each) =>
      each.kind === 'free' ? [] : [each.size],
    );
    expect(Math.max(...sizes)).toBe(100_001);
    expect(sizes).not.toContain(55_555);
  });

  test('freed blocks are not live at the end', () => {
    const live = new Map<number, Operation>();
    for (const operation of result.trace.operations) {
      live.delete(operation.kind === 'realloc' ? operation.oldId : operation.id);
      if (operation.kind !== 'free') {
        live.set(operation.id, operation);
      }
    }
    // The C library allocates its own blocks for threads with calloc.
    const own = [...live.values()].filter((each) => each.kind !== 'malloc' || !each.zero);
    expect(own).toEqual([]);
  });

  test('times are written only on request', () => {
    expect(timesOf(result.trace.operations)).toBe(null);
    const timed = join(folder, 'timed.heapl');
    const wishes = { ...env, SEGFIT_RECORD_FILE: timed, SEGFIT_RECORD_TIMES: '1' };
    const begin = process.hrtime.bigint();
    execFileSync(program, { env: wishes });
    const most = Number(process.hrtime.bigint() - begin) / 1e9;
    const { trace, warnings } = readHeapl(readFileSync(timed, 'utf8'));
    expect(warnings).toEqual([]);
    const all = trace.operations.map(({ time }) => time!);
    expect(all).toEqual([...all].sort((one, other) => one - other));
    expect(all[0]).toBeGreaterThanOrEqual(0);
    expect(all.at(-1)).toBeGreaterThan(0);
    expect(all.at(-1)).toBeLessThan(most);
  });

  test('an existing file is not overwritten', () => {
    const kept = join(folder, 'kept.heapl');
    writeFileSync(kept, 'mine');
    execFileSync(program, { env: { ...env, SEGFIT_RECORD_FILE: kept } });
    expect(readFileSync(kept, 'utf8')).toBe('mine');
  });

  test('without a file name nothing is recorded, and the program runs', () => {
    const { SEGFIT_RECORD_FILE: _, ...without } = env;
    execFileSync(program, { env: without, cwd: folder });
    expect(existsSync(join(folder, 'undefined'))).toBe(false);
  });
});
