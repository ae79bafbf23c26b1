// SPDX-License-Identifier: MIT
// The modules as built by the preset: node module.mjs FOLDER. They take in what they may, and
// allocate.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
const CONTROL = 1024;
const SIZE = 60_000;

function imports(module) {
  return WebAssembly.Module.imports(module)
    .map(({ module: from, name }) => `${from}.${name}`)
    .sort();
}

/**
 * Makes a heap, allocates and frees; returns the bytes of memory behind it and the events heard.
 */
function use(module) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let events = 0;
  const env = {
    memory,
    segfit_grown: () => assert.fail('grown'),
    segfit_panic: (code) => assert.fail(`panic ${code}`),
    segfit_event: () => events++,
  };
  const heap = new WebAssembly.Instance(module, { env }).exports;
  const at = heap.segfit_init(CONTROL, SIZE, 0, 0, 0, 0);
  assert.equal(at, CONTROL);
  const blocks = [10, 1000, 100].map((size) => heap.segfit_alloc(at, size));
  assert.ok(blocks.every((block) => block > at && block < CONTROL + SIZE && block % 8 === 0));
  heap.segfit_free(at, blocks[1]);
  assert.equal(heap.segfit_alloc(at, SIZE), 0);
  assert.equal(heap.segfit_check(at, 0), 1);
  return { bytes: Buffer.from(memory.buffer), events };
}

const [plain, instrumented] = ['segfit.wasm', 'segfit-events.wasm'].map(
  (name) => new WebAssembly.Module(fs.readFileSync(path.join(folder, name))),
);
assert.deepEqual(imports(plain), ['env.memory', 'env.segfit_grown', 'env.segfit_panic']);
assert.deepEqual(imports(instrumented), ['env.memory', 'env.segfit_event', 'env.segfit_panic']);
const quiet = use(plain);
const heard = use(instrumented);
assert.equal(quiet.events, 0);
assert.ok(heard.events > 0);
assert.ok(quiet.bytes.equals(heard.bytes), 'the instrumented module leaves other bytes');
