// SPDX-License-Identifier: MIT
/** `npm start`: installs missing tools, builds stale products, serves the page and opens it. */
import path from 'node:path';
import { buildPackage, buildPage } from '../toolchain/parts.mjs';
import { dist } from '../toolchain/paths.mjs';
import { ensurePackages } from '../toolchain/setup.mjs';
import { command, seconds } from '../toolchain/steps.mjs';
import { DEFAULT_PORT, parseStart, USAGE } from './options.mjs';
import { serve } from './serve.mjs';
import { staticServer } from './server.mjs';

const HELP = `${USAGE}

  --port N    serve at 127.0.0.1:N, or the next free port (default ${DEFAULT_PORT})
  --no-open   print the address and open no browser`;

await command(async () => {
  const options = parseStart(process.argv.slice(2), HELP);
  const begin = Date.now();
  console.log('segfit');
  await ensurePackages();
  await buildPackage();
  await buildPage();
  console.log(`  Ready after ${seconds(Date.now() - begin)}.`);
  await serve(staticServer(path.join(dist, 'web')), options);
  return 0;
});
