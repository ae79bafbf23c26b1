// SPDX-License-Identifier: MIT
/** The arguments and the environment of a command. A command refuses names that it does not know. */
import { parseArgs } from 'node:util';

/** A mistake in a command's arguments or environment: exit code 2. */
export class UsageError extends Error {
  exitCode = 2;
}

/** A request for the usage, by --help: it goes to stdout, and the exit code is 0. */
export class Help extends Error {
  exitCode = 0;
}

const show = (text) => JSON.stringify(text);

// -------------------------------------------------------------------------------- kinds of options
// A kind makes an option's value of its text. It gets the option's name, for its message, and the
// value that an earlier use of the option made.

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

/** One of the known names. */
export const oneOf = (known) => (value, word) => {
  if (known.includes(value)) return value;
  throw new UsageError(`${word} takes one of ${known.join(', ')}, not ${show(value)}`);
};

/** Some of the known names, with a comma between. */
export const someOf = (known) => (value, word) =>
  value.split(',').map((name) => oneOf(known)(name, word));

/** Each use of the option adds what `kind` makes of it. */
export const each =
  (kind) =>
  (value, word, before = []) => [...before, ...[kind(value, word)].flat()];

// ----------------------------------------------------------------------------------------- reading

/** The settings of parseArgs, which splits arguments into tokens. The checks are made here. */
function parserOf(options) {
  const types = Object.entries(options).map(([name, kind]) => {
    return [name, { type: kind === flag ? 'boolean' : 'string' }];
  });
  const all = Object.fromEntries(types);
  return { options: all, strict: false, tokens: true, allowPositionals: true };
}

/** Why a token is no option of the command, or has a value too many or too few; or undefined. */
function problemOf({ rawName, value }, kind) {
  if (kind === undefined) return `unknown option ${show(rawName)}`;
  if (kind !== flag && value === undefined) return `${rawName} takes a value, not nothing`;
  if (kind === flag && value !== undefined) return `${rawName} takes no value`;
  return undefined;
}

/**
 * Reads the arguments of a command: `--name value` or `--name=value` for each option of `options`,
 * which gives its kind, and at most `most` other words.
 *
 * @returns {Record<string, unknown> & { names: string[] }} the values by name; `names` are the
 * other words
 */
export function readArguments(words, { usage, options = {}, most = 0 }) {
  const refuse = (message) => new UsageError(`${message}; ${usage}`);
  const values = { names: [] };
  const { tokens } = parseArgs({ ...parserOf(options), args: words });
  for (const token of tokens) {
    const word = token.rawName ?? token.value;
    if (token.kind === 'option-terminator') continue;
    if (word === '--help' || word === '-h') throw new Help(usage);
    if (token.kind === 'positional') {
      if (values.names.length === most) throw refuse(`unknown option ${show(word)}`);
      values.names.push(word);
      continue;
    }
    const isKnown = word.startsWith('--') && Object.hasOwn(options, token.name);
    const kind = isKnown ? options[token.name] : undefined;
    const problem = problemOf(token, kind);
    if (problem !== undefined) throw refuse(problem);
    values[token.name] = kind(token.value, word, values[token.name]);
  }
  return values;
}

/** As readArguments, of the command that runs. */
export const commandArguments = (settings) => readArguments(process.argv.slice(2), settings);

// ------------------------------------------------------------------------------------- environment

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

/** Returns the number in SEED, which repeats a random test, or `usual` if there is no SEED. */
export function seedOr(usual, { SEED } = process.env) {
  return SEED === undefined ? usual : seed(SEED, 'SEED');
}
