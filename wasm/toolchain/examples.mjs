// SPDX-License-Identifier: MIT
/** `npm run examples [-- --port N] [--no-open]`: serves the examples of the npm package. */
import fs from 'node:fs';
import path from 'node:path';
import { parseStart } from './options.mjs';
import { buildPackage } from './parts.mjs';
import { root } from './paths.mjs';
import { serve } from './serve.mjs';
import { staticServer } from './server.mjs';
import { ensurePackages } from './setup.mjs';
import { command } from './steps.mjs';

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
