// SPDX-License-Identifier: MIT
/** The checks in the npm package's modules, and in builds of them that lack some. */
import fs from 'node:fs';
import path from 'node:path';
import { compileModules, systemClang } from '../../wasm/module/build.mjs';
import { build, dist } from '../../wasm/toolchain/paths.mjs';
import { findClang } from '../../wasm/toolchain/clang.mjs';
import { callsOf, FAULTS, lackingInCode, lackingWhenRun } from './checks.mjs';

const codes = Object.values(FAULTS);
const modules = [
  { file: 'segfit.wasm', family: 'segfit', shared: false },
  { file: 'segfit.wasm', family: 'arena', shared: false },
  { file: 'segfit-threads.wasm', family: 'arena', shared: true },
];

const threads = {
  source: 'pool_module.c',
  flags: ['-matomics', '-DSEGFIT_FIXED_SEARCH=1'],
  linkFlags: ['-Wl,--shared-memory', '-Wl,--max-memory=4294967296'],
};

const JUDGE = 'src/core/pointer.h';
const BEGIN = /(pointer_fault\(const segfit_t \*heap, const void \*ptr\)\n\{\n)/;

/** A compiler for which every pointer is sound: what judges them answers at once. */
function blindClang(clang) {
  return (args, files, output) => {
    const text = files[JUDGE]?.toString();
    const changed = text?.replace(BEGIN, '$1    if (heap != NULL) { return SEGFIT_OK; }\n');
    if (text !== undefined && changed === text) throw new Error(`${JUDGE} has no pointer_fault`);
    return clang(
      args,
      changed === undefined ? files : { ...files, [JUDGE]: Buffer.from(changed) },
      output,
    );
  };
}

/**
 * Builds without checks, compiled anew: shared pools judge pointers at every level, so their mutant
 * is blind.
 */
async function mutants() {
  const clang = systemClang(await findClang());
  const outDir = path.join(build, 'corruption', 'mutants');
  fs.rmSync(outDir, { recursive: true, force: true });
  const level0 = { name: 'level0.wasm', source: 'module.c', flags: ['-DSEGFIT_CHECK=0'] };
  await compileModules({ outDir, clang, modules: [level0] });
  await compileModules({
    outDir,
    clang: blindClang(clang),
    modules: [{ name: 'blind-threads.wasm', ...threads }],
  });
  const read = (name) => fs.readFileSync(path.join(outDir, name));
  return { level0: read('level0.wasm'), blind: read('blind-threads.wasm') };
}

export async function modulesHaveChecks(check) {
  for (const { file, family, shared } of modules) {
    const bytes = fs.readFileSync(path.join(dist, file));
    const code = lackingInCode(bytes, callsOf(family), codes);
    const run = lackingWhenRun(bytes, family, shared);
    check(code.length === 0, `${file}, ${family}, code: ${code.join('; ')}`);
    check(run.length === 0, `${file}, ${family}, run: ${run.join('; ')}`);
  }
  const { level0, blind } = await mutants();
  const all = callsOf('segfit');
  check(
    lackingInCode(level0, all, codes).length === all.length,
    'level 0: its code is not found lacking',
  );
  check(
    lackingWhenRun(level0, 'segfit').length === all.length * codes.length,
    'level 0: running finds checks',
  );
  check(
    lackingWhenRun(level0, 'arena').length > 0,
    'level 0, pools: running does not find them lacking',
  );
  check(lackingWhenRun(blind, 'arena', true).length > 0, 'blind: running does not find it lacking');
}
