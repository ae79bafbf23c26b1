#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Writes the single-file malloc: node wasm/malloc/amalgamate.mjs OUT
 *
 * src/malloc/malloc.c with every quoted include expanded where it stands, each file once. Includes in
 * angle brackets stay. The result needs no other file of this project.
 */
import path from 'node:path';
import { readText, root, writeIfChanged } from '../toolchain/paths.mjs';

const license = '// SPDX-License-Identifier: MIT\n';
const quotedInclude = /^\s*#\s*include\s+"([^"]+)"/;

/** The head of the file: how to compile it, and its knobs. `knobs` are those of the sources. */
function head(version, knobs) {
  return `${license}/// segfit_malloc.c, version ${version}: a constant-time malloc in one file.
/// Generated; do not edit.
///
/// Compile it into a program, and every malloc, free, realloc, new and delete of the program and of
/// its C library uses it:
///
///     emcc app.c segfit_malloc.c
///     clang --target=wasm32-wasi app.c segfit_malloc.c
///     cc app.c segfit_malloc.c
///
/// It is C and C++: em++ app.cpp segfit_malloc.c. Without a C library (Rust, Zig, C of your own):
///
///     clang --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry app.c segfit_malloc.c
///
/// Programs with threads compile it with -pthread. As libsegfit-malloc-small.a is made:
///
///     -Oz -DSEGFIT_CHECK=0 -DSEGFIT_STATS=0 -DSEGFIT_CACHE=0 -DSEGFIT_PROBES=0
///         -DSEGFIT_MALLOC_EXHAUSTED=0
///
/// The knobs, each with its default; -D sets them. The sources below say more about each:
///
///     SEGFIT_MALLOC_PREFIX (unset)
///         Stands before each name of the C library, whose own malloc then stays.
///     SEGFIT_MALLOC (1)
///         0 makes the file empty.
${knobs.flatMap(knobLines).join('\n')}
#if !defined(SEGFIT_MALLOC)
#define SEGFIT_MALLOC 1
#endif

// malloc does not use every small function of the library.
#pragma GCC diagnostic ignored "-Wunused-function"
#if defined(__cplusplus)
// -Wextra warns of designated initializers that leave fields out in C++, and not in C.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#if !defined(__clang__)
// Where a name and what it is an alias of differ in what they promise not to throw.
#pragma GCC diagnostic ignored "-Wmissing-attributes"
#endif
#endif
`;
}

function knobLines({ name, value, text }) {
  return [
    `///     ${name} (${value})`,
    ...wrap(text.split(' ')).map((line) => `///         ${line}`),
  ];
}

function version() {
  const header = readText(path.join(root, 'include/segfit.h'));
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => {
      const found = new RegExp(`#define SEGFIT_VERSION_${part} (\\d+)`).exec(header);
      if (found === null) throw new Error(`include/segfit.h does not say SEGFIT_VERSION_${part}`);
      return found[1];
    })
    .join('.');
}

/**
 * All knobs in the order of the text, each in an #ifndef and defined there: name, default, the first
 * sentences of the comment before it. One that has several defaults has them all.
 */
function knobsIn(text) {
  const internal = /_API$|_H$|_INTERNAL$|_CONSTANT$|FIXED_|^SEGFIT_MALLOC$/;
  const lines = text.split('\n');
  const knobs = new Map();
  for (const [index, line] of lines.entries()) {
    const name = /^#ifndef (SEGFIT_\w+)$/.exec(line)?.[1];
    if (name === undefined || internal.test(name) || knobs.has(name)) continue;
    const define = `#define ${name} `;
    const within = lines.slice(index + 1, index + 1 + lengthOfCondition(lines.slice(index)));
    const values = within.filter((inner) => inner.startsWith(define));
    if (values.length === 0) continue;
    const value = values.map((inner) => inner.slice(define.length)).join(' or ');
    knobs.set(name, { name, value, text: sentences(commentBefore(lines, index)) });
  }
  return [...knobs.values()];
}

/** How many lines follow the condition at the first of `lines` until it ends. */
function lengthOfCondition(lines) {
  let depth = 0;
  return lines.findIndex((line) => {
    if (/^#\s*if/.test(line)) depth++;
    if (/^#\s*endif/.test(line)) depth--;
    return depth === 0;
  });
}

function commentBefore(lines, index) {
  const begin = lines.findLastIndex((line, at) => at < index && !line.startsWith('///')) + 1;
  return lines.slice(begin, index).join('\n');
}

/** The first sentences of a comment, as many as tell something: about a line. */
function sentences(comment) {
  const text = comment
    .replaceAll(/^\/\/\/ ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const all = text.split(/(?<=\.) (?=[A-Z0-9])/);
  const count = all.findIndex((_, index) => all.slice(0, index + 1).join(' ').length > 60);
  return all.slice(0, count < 0 ? all.length : count + 1).join(' ');
}

/** Lines of at most 88 columns that hold `words`. */
function wrap(words) {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1);
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > 88) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

class Amalgamation {
  #seen = new Map();

  /** The text of `file` with its quoted includes expanded; '' if it stands further up already. */
  expand(file, conditional) {
    const name = path.relative(root, file).split(path.sep).join('/');
    const before = this.#seen.get(file);
    // An include under a condition may never be compiled: nobody else may rely on it.
    if (before !== undefined) {
      if (before) throw new Error(`${name} is included under a condition, and again`);
      return '';
    }
    this.#seen.set(file, conditional);
    const source = readText(file);
    if (!source.startsWith(license)) throw new Error(`${name} does not begin with its licence`);
    const body = this.#lines(file, source.slice(license.length).split('\n'), conditional);
    return `\n// ${'='.repeat(Math.max(3, 93 - name.length))} ${name}\n\n${body.join('\n')}`;
  }

  #lines(file, lines, conditional) {
    const own = ownConditions(file, lines);
    let depth = 0;
    return lines.map((line) => {
      if (/^\s*#\s*if/.test(line)) depth++;
      if (/^\s*#\s*endif/.test(line)) depth--;
      const include = quotedInclude.exec(line);
      if (include === null) return line;
      const included = path.resolve(path.dirname(file), include[1]);
      return this.expand(included, conditional || depth > own);
    });
  }
}

/**
 * How deep in conditions a file's includes may stand and still be there for all that follows: one
 * for a header's guard and for the condition around the whole of malloc.c or of a port.
 */
function ownConditions(file, lines) {
  if (file.endsWith('.h')) return 1;
  return lines.some((line) => /^#if SEGFIT_(MALLOC|PORT_\w+)\b/.test(line)) ? 1 : 0;
}

function main() {
  const out = process.argv[2];
  if (out === undefined || process.argv.length > 3) {
    console.error('usage: amalgamate.mjs OUT');
    return 2;
  }
  const text = new Amalgamation().expand(path.join(root, 'src/malloc/malloc.c'), false);
  const knobs = knobsIn(text);
  for (const name of ['SEGFIT_ALIGN', 'SEGFIT_CHECK', 'SEGFIT_CACHE', 'SEGFIT_STATS']) {
    if (!knobs.some((knob) => knob.name === name)) throw new Error(`${name} is not found`);
  }
  const whole = head(version(), knobs) + text.replace(/\n{3,}/g, '\n\n');
  // A file that is as it would be keeps its time, so that nobody builds from it again.
  const changed = writeIfChanged(out, whole);
  console.log(`${path.relative('.', out)}: ${changed ? 'written' : 'unchanged'}`);
  return 0;
}

process.exitCode = main();
