// SPDX-License-Identifier: MIT
/** The arguments of `npm start --`. */
import { flag, number, readArguments, UsageError } from '../toolchain/arguments.mjs';

export { UsageError };
export const DEFAULT_PORT = 8017;
export const USAGE = 'usage: npm start -- [--port N] [--no-open]';

/** The options of every command that serves. */
export const startOptions = { port: number(1, 65535), 'no-open': flag };

/** @param {string[]} words @returns {{port: number, open: boolean}} */
export function parseStart(words, usage = USAGE) {
  const found = readArguments(words, { usage, options: startOptions });
  return { port: found.port ?? DEFAULT_PORT, open: found['no-open'] !== true };
}
