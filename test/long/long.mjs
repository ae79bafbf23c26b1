// SPDX-License-Identifier: MIT
/**
 * The long forms of C tests, each built for several platforms of this machine: `npm run test:soak`,
 * `npm run test:exhaustive`, `npm run test:random`. Minutes each; npm test has the short forms.
 */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, must, run, step, tail } from '../../wasm/toolchain/steps.mjs';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { commandArguments, oneOf } from '../../wasm/toolchain/arguments.mjs';

const out = path.join(build, 'long');

const native = { name: '64-bit', flags: [] };
const m32 = { name: '32-bit', flags: ['-m32'] };
const aligned = { name: '64-bit, aligned to 8', flags: ['-DSEGFIT_ALIGN=8'] };
const aligned32 = { name: '32-bit, aligned to 16', flags: ['-m32', '-DSEGFIT_ALIGN=16'] };
const everywhere = [native, m32, aligned, aligned32];
const seeds = '-DOPERATIONS_SEEDS=300';

const forms = {
  soak: [{ file: 'memory/test_soak.c', flags: ['-DSOAK_OPERATIONS=100000000'], on: [native, m32] }],
  random: [{ file: 'property/test_operations.c', flags: [seeds], on: everywhere }],
  exhaustive: [
    { file: 'exhaustive/sizes.c', flags: [], on: everywhere },
    { file: 'exhaustive/test_every_state.c', flags: ['-DEVERY_STATE_MORE=2'], on: [native, m32] },
    { file: 'exhaustive/test_every_pool_state.c', flags: ['-DEVERY_STATE_MORE=1'], on: everywhere },
  ],
};

/** Builds and runs one test on one platform; true if it passed. */
async function runForm({ file, flags }, platform) {
  const name = `${path.basename(file, '.c')}-${platform.name}`.replaceAll(/\W+/g, '-');
  const program = path.join(out, name);
  const sources = [`test/c/${file}`, ...coreSources];
  const words = ['-O2', '-Iinclude', ...flags, ...platform.flags, ...sources, '-o', program];
  await must('cc', words, { cwd: root });
  const title = `${path.basename(file, '.c')}, ${platform.name}`;
  const { code, output } = await step(title, (say) => run(program, [], { cwd: out, say }));
  console.log(`    ${tail(output, 12).replaceAll('\n', '\n    ')}`);
  return code === 0;
}

await command(async () => {
  const usage = `usage: node test/long/long.mjs ${Object.keys(forms).join('|')}`;
  const { names } = commandArguments({ usage, most: 1 });
  const chosen = forms[oneOf(Object.keys(forms))(names[0] ?? '', 'long.mjs')];
  fs.mkdirSync(out, { recursive: true });
  let passed = 0;
  let failed = 0;
  for (const form of chosen) {
    for (const platform of form.on) {
      if (await runForm(form, platform)) passed++;
      else failed++;
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
