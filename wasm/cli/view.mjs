// SPDX-License-Identifier: MIT
/** `segfit view`: the page that the package brings, served to this machine. */
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
    else throw new UsageError(`view takes one trace; ${JSON.stringify(word)} is a second`);
  }
  return options;
}

/** The address under which `trace` is served; a file that cannot be read is refused at once. */
function addressOf(trace) {
  try {
    fs.closeSync(fs.openSync(trace, 'r'));
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new Failure(`${JSON.stringify(trace)} cannot be read: ${why}`);
  }
  if (!fs.statSync(trace).isFile()) throw new Failure(`${JSON.stringify(trace)} is no file`);
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
