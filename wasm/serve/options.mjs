// SPDX-License-Identifier: MIT
/** The words behind `npm start --`. */
import { flag, number, readWords, UsageError } from '../toolchain/words.mjs';

export { UsageError };
export const DEFAULT_PORT = 8017;
export const USAGE = 'usage: npm start -- [--port N] [--no-open]';

const port = number(1, 65535);

/** The number behind --port. */
export function portOf(text) {
  if (text === undefined) throw new UsageError('--port takes a number from 1 to 65535, not nothing');
  return port(text, '--port');
}

/** @param {string[]} words @returns {{port: number, open: boolean}} */
export function parseStart(words, usage = USAGE) {
  const found = readWords(words, { usage, options: { port, 'no-open': flag } });
  return { port: found.port ?? DEFAULT_PORT, open: found['no-open'] !== true };
}
