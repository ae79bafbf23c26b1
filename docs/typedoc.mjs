// SPDX-License-Identifier: MIT
/** `npm run docs`: the npm package's reference, from its sources; `-- FOLDER`: not to docs/api. */
import path from 'node:path';
import { ensureTools, tool } from '../test/package/npm/matrix/tools.mjs';
import { buildPackage } from '../wasm/toolchain/parts.mjs';
import { root } from '../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../wasm/toolchain/setup.mjs';
import { command, must, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';

await command(async () => {
  const { names } = commandArguments({ usage: 'usage: npm run docs [-- FOLDER]', most: 1 });
  const out = path.resolve(names[0] ?? path.join(root, 'docs', 'api'));
  await ensurePackages();
  await ensureTools();
  await buildPackage();
  const options = ['--options', path.join(root, 'docs', 'typedoc.json'), '--out', out];
  await step('Writing the reference', (say) =>
    must(process.execPath, [tool('typedoc', 'bin', 'typedoc'), ...options], { cwd: root, say }),
  );
  console.log(`  ${path.join(out, 'index.html')}`);
  return 0;
});
