// SPDX-License-Identifier: MIT
/** `segfit view`: serves the package's page to this machine. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_PORT, portOf, UsageError } from '../serve/options.mjs';
import { serve } from '../serve/serve.mjs';
import { staticServer } from '../serve/server.mjs';
import { Failure } from '../toolchain/steps.mjs';

const page = fileURLToPath(new URL('web', import.meta.url));

/** @param {string[]} words @returns {{trace?: string, port: number, open: boolean}} */
export function parseView(words) {
  const options = { trace: undefined, port: DEFAULT_PORT, open: true };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--port') options.port = portOf(words[++i]);
    else if (word.startsWith('--port=')) options.port = portOf(word.slice('--port='.length));
    else if (word === '--no-open') options.open = false;
    else if (word.startsWith('-') && word !== '-') {
      throw new UsageError(`unknown option ${JSON.stringify(word)}; see \`segfit --help\``);
    } else if (options.trace === undefined) options.trace = word;
    else throw new UsageError(`view takes one trace; remove ${JSON.stringify(word)}`);
  }
  return options;
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
