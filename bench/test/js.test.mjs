// SPDX-License-Identifier: MIT The benchmark of the npm package runs, and finds out who makes
// garbage. No test depends on a time.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../../wasm/toolchain/paths.mjs';

const script = path.join(root, 'bench', 'js.mjs');

test('bench:js measures every contender, and pools of numbers make no garbage', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-bench-'));
  try {
    const json = path.join(folder, 'js.json');
    const words = [script, '--quick', '--json', json];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    const { results, timer, about } = JSON.parse(fs.readFileSync(json, 'utf8'));
    assert.ok(timer.p50 >= 0);
    for (const { live, rows } of results) {
      assert.deepEqual(
        rows.map(({ name }) => name),
        about.map(({ name }) => name),
      );
      for (const row of rows) {
        assert.ok(row.time.median > 0 && row.latency['p99.99'] >= row.latency.p50, row.name);
        assert.ok(row.live > live / 2 && row.live < live * 1.5, `${row.name}: ${row.live} live`);
      }
      const heap = Object.fromEntries(rows.map(({ name, garbage }) => [name, garbage.heap]));
      for (const name of ['raw exports', 'pool.tryAlloc', 'pool.alloc']) {
        assert.ok(heap[name] < 1, `${name}: ${heap[name]} bytes an operation, seed in ${stdout}`);
      }
      assert.ok(heap['pool.allocArray'] > 10 && heap['new Uint8Array'] > 10);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('bench:js refuses unknown options', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, '--fast'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /^segfit: unknown option "--fast"/);
});
