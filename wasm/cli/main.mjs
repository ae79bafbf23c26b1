#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** The `segfit` command. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../serve/options.mjs';
import { command } from '../toolchain/steps.mjs';
import { flags } from './flags.mjs';
import { HELP } from './help.mjs';
import { view } from './view.mjs';

const commands = { flags, view };

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

await command(async () => {
  const [name, ...words] = process.argv.slice(2);
  const isHelp = (word) => word === '--help' || word === '-h';
  const isVersion = name === '--version' || name === '-v';
  const helps = (word) => !isVersion && (isHelp(word) || Object.hasOwn(commands, word));
  const more = words.find((word) => !helps(word));
  if ((isVersion || name === 'help' || isHelp(name)) && more !== undefined) {
    throw new UsageError(`${name} takes no more words, not ${JSON.stringify(more)}`);
  }
  if (isVersion) return void console.log(version());
  if (name === 'help' || [name, ...words].some(isHelp)) return void console.log(HELP);
  if (name === undefined)
    throw new UsageError('a command is missing; `segfit --help` lists the commands');
  if (!Object.hasOwn(commands, name)) {
    const known = '`segfit --help` lists the commands';
    throw new UsageError(`unknown command ${JSON.stringify(name)}; ${known}`);
  }
  return commands[name](words);
});
