// SPDX-License-Identifier: MIT
/**
 * The words behind a command, and its environment: a name that the command does not know is
 * refused.
 */
import { parseArgs } from 'node:util';

/** A mistake in a command's words or environment: exit code 2. */
export class UsageError extends Error {
  exitCode = 2;
}

/** A request for the usage, by --help: it goes to stdout, and the exit code is 0. */
export class Help extends Error {
  exitCode = 0;
}

const show = (text) => JSON.stringify(text);

// ------------------------------------------------------------------------------------ kinds of options
// A kind makes an option's value of its text. It gets the option's word, for its message, and the value that
// an earlier use of the option made.

/** An option without a value. */
export const flag = () => true;

export const text = (value, word) => {
  if (value === '') throw new UsageError(`${word} takes a value, not ""`);
  return value;
};

/** A number from `least` to `most` whose digits are `digits`. */
export const number =
  (least, most = Infinity, digits = /^\d+$/) =>
  (value, word) => {
    const found = digits.test(value) ? Number(value) : NaN;
    if (found >= least && found <= most) return found;
    const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
    throw new UsageError(`${word} takes a number ${range}, not ${show(value)}`);
  };

/** A time in minutes, fractions too. */
export const minutes = number(0.001, Infinity, /^\d+(\.\d+)?$/);

/** A number that random tests begin with, in decimal digits or as 0x…. */
export const seed = number(0, Infinity, /^(\d+|0x[\da-f]+)$/i);

/** One of the names that are known. */
export const oneOf = (known) => (value, word) => {
  if (known.includes(value)) return value;
  throw new UsageError(`${word} takes one of ${known.join(', ')}, not ${show(value)}`);
};

/** Some of the names that are known, with a comma between. */
export const someOf = (known) => (value, word) =>
  value.split(',').map((name) => oneOf(known)(name, word));

/** Each use of the option adds what `kind` makes of it. */
export const each =
  (kind) =>
  (value, word, before = []) => [...before, ...[kind(value, word)].flat()];

// --------------------------------------------------------------------------------------------- reading

/**
 * Reads the words of a command: `--name value` or `--name=value` for each option of `options`,
 * whose kinds stand above, and at most `most` other words.
 *
 * @returns {Record<string, unknown> & { names: string[] }} the values by name; `names` are the
 * other words
 */
export function readWords(words, { usage, options = {}, most = 0 }) {
  const refuse = (message) => new UsageError(`${message}; ${usage}`);
  const kindOf = (name) => (Object.hasOwn(options, name) ? options[name] : undefined);
  const types = Object.entries(options).map(([name, kind]) => {
    return [name, { type: kind === flag ? 'boolean' : 'string' }];
  });
  const settings = { options: Object.fromEntries(types), strict: false, tokens: true };
  const values = { names: [] };
  for (const token of parseArgs({ ...settings, args: words, allowPositionals: true }).tokens) {
    if (token.kind === 'option-terminator') continue;
    const word = token.kind === 'option' ? token.rawName : token.value;
    if (word === '--help' || word === '-h') throw new Help(usage);
    if (token.kind === 'positional') {
      if (values.names.length === most) throw refuse(`unknown option ${show(word)}`);
      values.names.push(word);
      continue;
    }
    const kind = word.startsWith('--') ? kindOf(token.name) : undefined;
    if (kind === undefined) throw refuse(`unknown option ${show(word)}`);
    if (kind !== flag && token.value === undefined) throw refuse(`${word} takes a value, not nothing`);
    if (kind === flag && token.value !== undefined) throw refuse(`${word} takes no value`);
    values[token.name] = kind(token.value, word, values[token.name]);
  }
  return values;
}

/** As readWords, of the command that runs. */
export const commandWords = (settings) => readWords(process.argv.slice(2), settings);

// ----------------------------------------------------------------------------------------- environment

/** The variables of the environment that programs with segfit read. */
const known = ['SEGFIT_OPTIONS', 'SEGFIT_RECORD_FILE', 'SEGFIT_RECORD_TIMES'];

/** Refuses unknown variables of the environment that look like settings of segfit. */
export function checkEnvironment(environment = process.env) {
  const names = Object.keys(environment).filter((name) => name.startsWith('SEGFIT_'));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    `unknown variable ${unknown} in the environment; known: ${known.join(', ')}. ` +
      'Knobs of the C library go into CMake: -DSEGFIT_DEFINITIONS=…',
  );
}

/** The number in SEED, which repeats a random test; `usual` where there is no SEED. */
export function seedOr(usual, { SEED } = process.env) {
  return SEED === undefined ? usual : seed(SEED, 'SEED');
}
