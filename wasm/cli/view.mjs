// SPDX-License-Identifier: MIT
/** `segfit view`: serves the package's page to this machine. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_PORT, startOptions, UsageError } from '../serve/options.mjs';
import { serve } from '../serve/serve.mjs';
import { staticServer } from '../serve/server.mjs';
import { readArguments } from '../toolchain/arguments.mjs';
import { Failure } from '../toolchain/steps.mjs';

const page = fileURLToPath(new URL('web', import.meta.url));

/** @param {string[]} words @returns {{trace?: string, port: number, open: boolean}} */
export function parseView(words) {
  const usage = 'see `segfit --help`';
  const { names, ...found } = readArguments(words, {
    usage,
    options: startOptions,
    most: Infinity,
  });
  const [trace, second] = names;
  if (second !== undefined) {
    throw new UsageError(`view takes one trace; remove ${JSON.stringify(second)}`);
  }
  return { trace, port: found.port ?? DEFAULT_PORT, open: found['no-open'] !== true };
}

/** Returns the address under which `trace` is served. Throws if the file cannot be read. */
function addressOf(trace) {
  try {
    fs.closeSync(fs.openSync(trace, 'r'));
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new Failure(`${JSON.stringify(trace)} cannot be read: ${why}`);
  }
  if (!fs.statSync(trace).isFile()) throw new Failure(`${JSON.stringify(trace)} is not a file`);
  return `/trace/${path.basename(trace)}`;
}

export async function view(words) {
  const { trace, port, open } = parseView(words);
  if (trace === undefined) {
    await serve(staticServer(page), { port, open });
    return 0;
  }
  const address = addressOf(trace);
  const server = staticServer(page, new Map([[address, path.resolve(trace)]]));
  const name = encodeURIComponent(path.basename(trace));
  await serve(server, { port, open, at: `?trace=trace/${encodeURIComponent(name)}` });
  return 0;
}
