// SPDX-License-Identifier: MIT
// JavaScript and C in one heap: each side may free blocks of the other.
//
//     clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--import-memory \
//         -Wl,--allow-undefined -Wl,--export=__heap_base -Wl,-z,stack-size=16384 \
//         median.c -o median.wasm
//     node run.mjs median.wasm
import { readFileSync } from 'node:fs';
import { Pool } from 'segfit';

// The first page is for the module's data and stack, the rest for the pool.
const page = 65536;
const memory = new WebAssembly.Memory({ initial: 2, maximum: 64 });
const pool = new Pool({ memory, byteOffset: page, maxSize: 63 * page, label: 'shared with C' });

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const env = { memory, ...pool.imports() };
const { smooth, __heap_base: heapBase } = new WebAssembly.Instance(module, { env }).exports;
if (heapBase.value > page) throw new Error(`the module's own data reach to ${heapBase.value}`);

const signal = pool.allocArray(Float32Array, 10_000);
signal.forEach((_, at) => (signal[at] = Math.sin(at / 500) + (at % 97 === 0 ? 5 : 0)));
const { byteOffset: pointer, length } = signal;

// C allocates while it runs, and the memory may grow: the views are created again after the call.
const result = smooth(pointer, length, 2);
const [before, after] = [pointer, result].map((each) => pool.view(each, Float32Array, length));
console.log(
  `largest value before ${Math.max(...before).toFixed(2)}, after ${Math.max(...after).toFixed(2)}`,
);
console.log(`${pool.stats().usedBlocks} blocks live, ${pool.stats().allocs} were allocated`);

pool.free(pointer);
pool.free(result);
console.log(
  `all given back: ${pool.stats().usedBlocks === 0}, the heap is whole: ${pool.check().ok}`,
);
