// SPDX-License-Identifier: MIT
/** The words behind `npm start --`. */
import { Failure } from './steps.mjs';

export const DEFAULT_PORT = 8017;
export const USAGE = 'usage: npm start -- [--port N] [--no-open]';

/** A mistake in the command's words: exit code 2. */
export class UsageError extends Failure {
  exitCode = 2;
}

/** The number behind --port. */
export function portOf(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text ?? '') || port < 1 || port > 65535) {
    const shown = text === undefined ? 'nothing' : JSON.stringify(text);
    throw new UsageError(`--port takes a number from 1 to 65535, not ${shown}`);
  }
  return port;
}

/** @param {string[]} words @returns {{port: number, open: boolean, help: boolean}} */
export function parseStart(words) {
  const options = { port: DEFAULT_PORT, open: true, help: false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--port') options.port = portOf(words[++i]);
    else if (word.startsWith('--port=')) options.port = portOf(word.slice('--port='.length));
    else if (word === '--no-open') options.open = false;
    else if (word === '--help' || word === '-h') options.help = true;
    else throw new UsageError(`unknown option ${JSON.stringify(word)}; ${USAGE}`);
  }
  return options;
}
