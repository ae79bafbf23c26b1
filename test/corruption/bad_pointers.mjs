// SPDX-License-Identifier: MIT
/**
 * The checks in programs that are linked with the archives and with the single file, and in such
 * that lack them.
 */
import fs from 'node:fs';
import path from 'node:path';
import { dist, root } from '../../wasm/toolchain/paths.mjs';
import { allTargets } from '../programs/targets.mjs';
import { FAULTS, lackingInCode } from './checks.mjs';

const source = path.join(root, 'test', 'corruption', 'bad_pointers.c');
const single = path.join(dist, 'segfit_malloc.c');
const include = [`-I${path.join(root, 'include')}`];
const codes = Object.values(FAULTS);
const CALLS = ['free', 'realloc'];
/** The functions that these names are aliases of, as linkers name them. */
const FUNCTIONS = CALLS.map((name) => `process_${name}`);

/**
 * Returns the single file with a panic as other mallocs have it: the compiler may assume that it is
 * never called. segfit's panic is weak, so that no compiler sees through the call; this one is not.
 */
function withoutTrap() {
  const text = fs.readFileSync(single, 'utf8');
  const changed = text
    .replace(/__builtin_trap\(\)/, '__builtin_unreachable()')
    .replace(/(#define SEGFIT_WEAK) .*/, '$1');
  if (changed === text || /__builtin_trap\(\)/.test(changed))
    throw new Error('segfit_malloc.c has another trap');
  return changed;
}

/**
 * Compiled and linked apart, and without -O when linking: else clang runs a wasm-opt that takes
 * names away.
 */
async function build(target, { name, reports, malloc, flags = [] }) {
  const objects = [source, ...(malloc.endsWith('.c') ? [malloc] : [])].map((file) => [
    file,
    path.join(target.folder, `checks-${name}-${path.basename(file, '.c')}.o`),
  ]);
  const all = ['-O2', ...include, ...flags, ...(reports ? ['-DREPORTS'] : [])];
  for (const [file, object] of objects) await target.compile(file, object, all);
  const archive = malloc.endsWith('.a') ? [malloc] : [];
  const linked = [...objects.map(([, object]) => object), ...archive];
  return (
    await target.link(
      `checks-${name}`,
      linked,
      target.name === 'emscripten' ? ['--profiling-funcs'] : [],
    )
  ).program;
}

/** Of each call and fault, what running the program does not tell. */
async function lackingWhenRun(target, program, reports) {
  const lacking = [];
  for (const call of CALLS) {
    for (const [name, code] of Object.entries(FAULTS)) {
      const { output } = await target.run(program, [call, String(code)]);
      const wanted = reports
        ? new RegExp(`^code ${code}$`, 'm')
        : /RuntimeError: unreachable|Aborted\(.*unreachable/;
      if (!wanted.test(output))
        lacking.push(`${call} does not tell ${name}: ${output.trim().split('\n')[0]}`);
    }
  }
  return lacking;
}

async function lackingIn(target, one) {
  const program = await build(target, one);
  const bytes = fs.readFileSync(program.replace(/\.js$/, '.wasm'));
  return {
    code: lackingInCode(bytes, FUNCTIONS, codes),
    run: await lackingWhenRun(target, program, one.reports),
  };
}

export async function programs(check) {
  const { wasi, emscripten } = await allTargets();
  const archive = ({ name }) => path.join(dist, 'lib', name, 'libsegfit-malloc.a');
  for (const target of [wasi, emscripten]) {
    for (const one of [
      { name: 'archive-reports', reports: true, malloc: archive(target) },
      { name: 'archive-traps', reports: false, malloc: archive(target) },
      { name: 'single-traps', reports: false, malloc: single },
    ]) {
      const { code, run } = await lackingIn(target, one);
      const title = `${target.name}, ${one.name}`;
      check(code.length === 0, `${title}, code: ${code.join('; ')}`);
      check(run.length === 0, `${title}, run: ${run.join('; ')}`);
    }
  }
  const mutant = path.join(wasi.folder, 'checks-unreachable.c');
  fs.writeFileSync(mutant, withoutTrap());
  for (const one of [
    { name: 'mutant-level0', reports: false, malloc: single, flags: ['-DSEGFIT_CHECK=0'] },
    { name: 'mutant-unreachable', reports: false, malloc: mutant },
  ]) {
    const { code, run } = await lackingIn(wasi, one);
    check(code.length > 0, `${one.name}: its code is not found lacking`);
    check(run.length > 0, `${one.name}: running does not find it lacking`);
  }
}
