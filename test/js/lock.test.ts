// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';

import { describe, expect, jest, test } from '@jest/globals';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

/**
 * Returns what a script prints that has a pool, and a lock that it can take as another thread
 * would.
 */
function scripted(script: string): string[] {
  const begin = `
    const { Pool } = require('segfit');
    const pool = Pool.shared({ label: 'held' });
    const lock = new Int32Array(pool.buffer, pool.share().byteOffset + 4, 1);
    const bytes = () => Buffer.from(new Uint8Array(pool.buffer).slice());
    const print = (...words) => console.log(words.join(' '));
    const attempt = (call) => { try { return call(); } catch ({ name, code }) {
      return name + ' ' + code; } };
  `;
  const args = ['--input-type=commonjs', '-e', `${begin}${script}`];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n');
}

/** A clock that advances by a second with each reading. */
const fastClock = 'let now = 0; Date.now = () => (now += 1000);';

describe('a lock that stays held', () => {
  const calls = `
    const pointer = pool.alloc(8);
    Atomics.store(lock, 0, 1);
    const before = bytes();
    for (const call of [
      () => pool.alloc(8), () => pool.free(pointer), () => pool.realloc(pointer, 80),
      () => pool.tryResize(pointer, 4), () => pool.sizeOf(pointer), () => pool.stats(),
      () => pool.check(), () => pool.blocks(), () => pool.reset(), () => pool.grow(1),
      () => pool.imports().malloc(8), () => pool.canAlloc(8),
      () => pool.tryAlloc(8), () => pool.allocMany(Uint32Array.of(8, 8), new Uint32Array(2)),
    ]) print(attempt(call));
    Atomics.store(lock, 0, 1);
    print(Buffer.compare(bytes(), before), waits > 0);
    print(pool.tryAlloc(8), pool.allocMany(Uint32Array.of(8, 8), new Uint32Array(2)));
    Atomics.store(lock, 0, 0);
    print(pool.stats().usedBlocks, pool.alloc(8) > 0);`;
  const answers = [
    ...Array<string>(14).fill('Error ERR_SEGFIT_LOCK_TIMEOUT'),
    '0 true',
    '0 0',
    '1 true',
  ];

  test('makes a thread that may sleep time out, and nothing changes', () => {
    const wait = "let waits = 0; Atomics.wait = () => { waits++; return 'timed-out'; };";
    expect(scripted(`${fastClock} ${wait} ${calls}`)).toEqual(answers);
  });

  test('makes a thread that spins time out', () => {
    const wait = 'let waits = 0; Atomics.wait = () => { waits++; throw new TypeError(); };';
    expect(scripted(`${fastClock} ${wait} ${calls}`)).toEqual(answers);
  });
});

test('a thread whose wait throws tries it once', () => {
  const script = `
    ${fastClock}
    let waits = 0;
    Atomics.wait = () => { waits++; throw new TypeError('not here'); };
    Atomics.store(lock, 0, 1);
    for (let time = 0; time < 5; time++) attempt(() => pool.alloc(8));
    print(waits);`;
  expect(scripted(script)).toEqual(['1']);
});

test('an AudioWorklet never tries to wait', () => {
  const script = `
    globalThis.registerProcessor = () => {};
    delete require.cache[require.resolve('segfit')];
    const { Pool: Fresh } = require('segfit');
    const fresh = Fresh.attach(pool.share());
    ${fastClock}
    let waits = 0;
    Atomics.wait = () => { waits++; return 'timed-out'; };
    Atomics.store(lock, 0, 1);
    print(attempt(() => fresh.alloc(8)), waits);
    Atomics.store(lock, 0, 0);
    print(fresh.alloc(8) > 0);`;
  expect(scripted(script)).toEqual(['Error ERR_SEGFIT_LOCK_TIMEOUT 0', 'true']);
});

test('a spinning thread continues as soon as the lock is free', () => {
  const script = `
    let waits = 0;
    Atomics.wait = () => { waits++; throw new TypeError(); };
    let looks = 0;
    const { load } = Atomics;
    Atomics.load = (words, index) => {
      if (words instanceof Int32Array && ++looks === 50) Atomics.store(lock, 0, 0);
      return load(words, index);
    };
    Atomics.store(lock, 0, 1);
    print(pool.alloc(8) > 0, looks, waits);`;
  expect(scripted(script)).toEqual(['true 50 1']);
});

test('a sleeping thread continues when another thread releases the lock', () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    Atomics.store(lock, 0, 1);
    const code = \`
      const { parentPort, workerData } = require('node:worker_threads');
      const { Pool } = require('segfit');
      const pool = Pool.attach(workerData);
      parentPort.postMessage('begins');
      parentPort.postMessage(pool.alloc(8) > 0);\`;
    const worker = new Worker(code, { eval: true, workerData: pool.share() });
    worker.on('message', (said) => {
      print(said);
      if (said !== 'begins') return;
      // The thread marks the lock as awaited before it sleeps.
      while (Atomics.load(lock, 0) !== 2);
      Atomics.store(lock, 0, 0);
      Atomics.notify(lock, 0);
    });`;
  expect(scripted(script)).toEqual(['begins', 'true']);
});

describe('where memory cannot be shared', () => {
  const shared = `
    const call = () => Pool.shared({});
    try { call(); } catch ({ name, code, message }) {
      print(name, code, message.includes('Cross-Origin-Opener-Policy'));
    }
    print(new Pool({}).alloc(8) > 0);`;
  const answers = ['Error ERR_SEGFIT_SHARED_UNAVAILABLE true', 'true'];

  test('because the page is not isolated, Pool.shared() reports it', () => {
    expect(scripted(`globalThis.crossOriginIsolated = false; ${shared}`)).toEqual(answers);
  });

  test('because there is no SharedArrayBuffer, Pool.shared() reports it', () => {
    expect(scripted(`globalThis.SharedArrayBuffer = undefined; ${shared}`)).toEqual(answers);
  });
});
