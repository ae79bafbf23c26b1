// SPDX-License-Identifier: MIT
/**
 * The trials of trial.h, built for this system and for wasm32 at a level of checks, and what they
 * gave. Names of kinds, ends and harms come from kinds.h, levels from config.h.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findClang } from '../../../wasm/toolchain/clang.mjs';
import { coreSources } from '../../../wasm/toolchain/core_sources.mjs';
import { build as buildFolder, root } from '../../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../../wasm/toolchain/steps.mjs';
import { onPath } from '../../../wasm/toolchain/system.mjs';

const here = path.join(root, 'test', 'corruption', 'trials');
const sources = coreSources.map((file) => path.join(root, file));
/** A wasm memory in which a stray write of half the addresses there are lands. */
const WASM_MEMORY = 2 ** 31;
/** No batch takes a hundredth of it: one that does hangs, and the run fails. */
const SECONDS = 1800;

const text = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** The rows of an X list of kinds.h: the words between the parentheses. */
function listOf(name) {
  const [, list] = new RegExp(`#define ${name}\\(X\\)((?:.*\\\\\\n)*.*)`).exec(
    text('test/corruption/trials/kinds.h'),
  );
  return [...list.matchAll(/X\((\w+), (?:(\w+), )?"([^"]*)"\)/g)].map(([, id, group, title]) => ({
    id,
    group,
    title,
  }));
}

export const kinds = listOf('KINDS').map((kind, index) => ({ ...kind, index }));
const ends = listOf('ENDS').map(({ id }) => id);
export const harms = listOf('HARMS');

const numberIn = (file, pattern) => Number(pattern.exec(text(file))[1]);
const highest = numberIn('src/core/config.h', /SEGFIT_CHECK > (\d+)/);
export const levels = Array.from({ length: highest + 1 }, (_, level) => level);
const AT_CALL = numberIn('test/corruption/trials/kinds.h', /RESULT_AT_CALL (\d+)U/);

/**
 * Reads lines "RESULT COUNT": counts by end, of harms and faults, and of faults that the call
 * itself reported.
 */
function readResults(output) {
  const found = { ...Object.fromEntries(ends.map((end) => [end, 0])), atCall: 0, harms: {} };
  for (const [, code, many] of output.matchAll(/^(\d+) (\d+)$/gm)) {
    const [result, count] = [Number(code), Number(many)];
    const end = ends[result & 7];
    found[end] += count;
    if (result & AT_CALL) found.atCall += count;
    if (end !== 'harmful') continue;
    const harm = harms[(result >> 3) & 15].id;
    found.harms[harm] = (found.harms[harm] ?? 0) + count;
  }
  return found;
}

/** Reads lines "BITS MISSED WHAT", by the kind of word. A kind in parentheses need not be found. */
function readFlips(output) {
  const rows = new Map();
  for (const [, bits, missed, what] of output.matchAll(/^(\d+) (\d+) (.+)$/gm)) {
    const row = rows.get(what) ?? { what, must: !what.startsWith('('), bits: 0, missed: 0 };
    row.bits += Number(bits);
    row.missed += Number(missed);
    rows.set(what, row);
  }
  return [...rows.values()];
}

/** A program that is started as `words`; `oneProcess`: it takes several kinds at once. */
function program(words, oneProcess) {
  const start = async (...args) => {
    const { code, output } = await run('timeout', [String(SECONDS), ...words, ...args.map(String)]);
    if (code !== 0)
      throw new Failure(`${words.join(' ')} ${args.join(' ')} failed (${code}):\n${output}`);
    return output;
  };
  return {
    trials: async (kind, count, seed) =>
      readResults(await start('trials', kind.index, count, seed)),
    /** The same of several kinds, by their ids, in as few processes as can be. */
    async all(several, count, seed) {
      const batches = oneProcess ? [several] : several.map((kind) => [kind]);
      const found = {};
      for (const batch of batches) {
        const output = await start('trials', batch.map(({ index }) => index).join(), count, seed);
        const parts = oneProcess ? output.split(/^kind \d+$/m).slice(1) : [output];
        batch.forEach(({ id }, i) => (found[id] = readResults(parts[i])));
      }
      return found;
    },
    flips: async (heaps, seed) => readFlips(await start('flips', heaps, seed)),
  };
}

const common = (level, flags) => [
  '-O2',
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  `-I${path.join(root, 'include')}`,
  `-DSEGFIT_CHECK=${level}`,
  ...flags,
  ...sources,
  path.join(here, 'trial.c'),
];

function outputOf(name, level, flags) {
  const folder = path.join(buildFolder, 'corruption');
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}-level${level}${flags.join('').replaceAll(/\W+/g, '-')}`);
}

const native = {
  name: 'native',
  title: `native, ${process.arch}`,
  lacks: async () =>
    os.platform() === 'linux' && onPath('gcc') ? undefined : 'needs Linux and gcc',
  async make(level, flags = []) {
    const output = outputOf('native', level, flags);
    await must('gcc', [...common(level, flags), path.join(here, 'native.c'), '-o', output]);
    return program([output], false);
  },
};

const wasm = {
  name: 'wasm',
  title: 'wasm32, a memory of 2 GiB',
  lacks: async () => ((await findClang()) === undefined ? 'needs clang and wasm-ld' : undefined),
  async make(level, flags = []) {
    const output = `${outputOf('wasm', level, flags)}.wasm`;
    const link = [`--initial-memory=${WASM_MEMORY}`, '--no-entry', '--export=__stack_pointer'];
    await must(await findClang(), [
      '--target=wasm32',
      '-ffreestanding',
      '-mbulk-memory',
      '-nostdlib',
      ...common(level, flags),
      path.join(here, 'wasm.c'),
      `-Wl,${link.join(',')}`,
      '-o',
      output,
    ]);
    return program([process.execPath, path.join(here, 'host.mjs'), output], true);
  },
};

export const targets = [wasm, native];

/**
 * The most that the true part can be, with 95 % confidence, where `part` of `all` was seen (Wilson;
 * none: 3 / all).
 */
export function upperBound(part, all) {
  if (part === 0) return Math.min(1, 3 / all);
  const z = 1.959964;
  const p = part / all;
  const middle = p + (z * z) / (2 * all);
  const half = z * Math.sqrt((p * (1 - p)) / all + (z * z) / (4 * all * all));
  return Math.min(1, (middle + half) / (1 + (z * z) / all));
}

/**
 * Returns the share of harmful or detected cases that was detected first, or undefined if there was
 * no case.
 */
export function detectedOf({ detected, trapped, harmful }) {
  const all = detected + trapped + harmful;
  return all === 0 ? undefined : detected / all;
}

export const triedOf = (result) => result.none + result.detected + result.trapped + result.harmful;
