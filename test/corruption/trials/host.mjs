// SPDX-License-Identifier: MIT
/**
 * Runs trials in a wasm module, as native.c does natively: one instance, in whose memory stray
 * writes land.
 *
 *     node host.mjs MODULE trials KIND,… COUNT SEED | flips HEAPS SEED
 */
import fs from 'node:fs';
import path from 'node:path';

const [file, work, ...words] = process.argv.slice(2);
const header = fs.readFileSync(path.join(import.meta.dirname, 'kinds.h'), 'utf8');
const ends = [...header.slice(header.indexOf('ENDS(X)')).matchAll(/^ +X\((\w+), "/gm)].map(
  ([, name]) => name,
);
const TRAPPED = ends.indexOf('trapped');
const SKIPPED = ends.indexOf('skipped');
/** Seeds that are tried for each trial that the heap must allow. */
const TRIES = 20;

/** Thrown to end a trial. It is made once, since making an error takes long. */
const ended = { result: 0 };
let exports;

function textAt(at) {
  const bytes = new Uint8Array(exports.memory.buffer, at);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

const host = {
  end(result) {
    ended.result = result;
    throw ended;
  },
  note(what, bits, missed) {
    console.log(`${bits} ${missed} ${textAt(what)}`);
  },
};
({ exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), { host }));
const stack = exports.__stack_pointer.value;

function trial(kind, seed) {
  exports.__stack_pointer.value = stack;
  try {
    return exports.run(kind, seed);
  } catch (error) {
    if (error === ended) return ended.result;
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return TRAPPED;
    throw error;
  }
}

function trials(kind, count, first) {
  const counts = new Map();
  let done = 0;
  for (let seed = first; done < count && seed < first + count * TRIES; seed++) {
    const result = trial(kind, seed);
    counts.set(result, (counts.get(result) ?? 0) + 1);
    if ((result & 7) !== SKIPPED) done++;
  }
  for (const [result, many] of counts) console.log(`${result} ${many}`);
}

if (work === 'trials') {
  for (const kind of words[0].split(',').map(Number)) {
    console.log(`kind ${kind}`);
    trials(kind, Number(words[1]), Number(words[2]));
  }
} else {
  const [heaps, seed] = words.map(Number);
  for (let i = 0; i < heaps; i++) exports.flips(seed + i);
}
