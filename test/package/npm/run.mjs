// SPDX-License-Identifier: MIT
/**
 * `npm run test:package`: builds, packs and installs the package, and uses it in everything that
 * npm or this machine has: Node, bundlers, Jest, Bun, Deno, workerd, browsers.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildAll } from '../../../wasm/toolchain/build.mjs';
import { fromJUnit } from '../../run/counts.mjs';
import { nodeTestWords } from '../../run/stages.mjs';
import { build, root } from '../../../wasm/toolchain/paths.mjs';
import { command, Failure, run } from '../../../wasm/toolchain/steps.mjs';
import { commandArguments, UsageError } from '../../../wasm/toolchain/arguments.mjs';
import { ensureTools } from './matrix/tools.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

await command(async () => {
  const { names } = commandArguments({
    usage: 'usage: npm run test:package [-- PART-OF-A-FILE]',
    most: 1,
  });
  const only = names[0] ?? '';
  await ensureTools();
  const failed = await buildAll();
  if (failed.length > 0) throw new Failure(`not built: ${failed.join(', ')}`);
  const files = [here, path.join(here, 'matrix')]
    .flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((name) => name.endsWith('.test.mjs') && name.includes(only));
  if (files.length === 0)
    throw new UsageError(`no test file is named like ${JSON.stringify(only)}`);
  const report = path.join(build, 'log', 'test-package.xml');
  fs.mkdirSync(path.dirname(report), { recursive: true });
  const words = [...nodeTestWords(report, 1), ...files];
  const show = (text) => process.stdout.write(text);
  const { code } = await run(process.execPath, words, { cwd: root, say: show });
  const { passed, failed: bad } = await fromJUnit(fs.readFileSync(report, 'utf8'));
  console.log(`${passed} passed, ${bad} failed`);
  return code;
});
