// SPDX-License-Identifier: MIT
/** `npm run examples [-- --port N] [--no-open]`: serves the examples of the npm package. */
import fs from 'node:fs';
import path from 'node:path';
import { buildPackage } from '../toolchain/parts.mjs';
import { root } from '../toolchain/paths.mjs';
import { ensurePackages } from '../toolchain/setup.mjs';
import { command } from '../toolchain/steps.mjs';
import { parseStart } from './options.mjs';
import { serve } from './serve.mjs';
import { staticServer } from './server.mjs';

const folder = 'docs/examples/js';

await command(async () => {
  const usage = 'usage: npm run examples -- [--port N] [--no-open]';
  const { port, open } = parseStart(process.argv.slice(2), usage);
  await ensurePackages();
  await buildPackage();
  const [first, ...others] = fs
    .readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.html'));
  const look =
    others.length > 0 ? `Beside it: ${others.join(', ')}` : 'It lies in docs/examples/js.';
  await serve(staticServer(root), { port, open, at: `${folder}/${first}`, look });
  return 0;
});
