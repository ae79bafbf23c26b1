// SPDX-License-Identifier: MIT
/**
 * llvm-cov's export as counts by file, and what of it was never executed, by function and the text
 * of its line.
 *
 * The sum over all builds decides: a line, an outcome of a branch, or a condition's influence
 * counts if one of them shows it. A condition that the preprocessor decides, as `SEGFIT_CHECK >=
 * 2`, has one outcome in a build: it is no branch, but what stands behind it is one in the builds
 * where it is reached.
 */
import fs from 'node:fs';
import path from 'node:path';

const placeOf = (region) => region.slice(0, 4).join(' ');

const emptyFile = () => ({
  lines: new Map(),
  wrapped: new Map(),
  branches: new Map(),
  conditions: new Map(),
});

/** Adds to a map of counts by place. */
function add(counts, place, more) {
  const before = counts.get(place);
  counts.set(place, before === undefined ? more : before.map((one, index) => one + more[index]));
}

/** The source from [line, column] to [line, column], both from 1, on one line. */
function textOf(source, place) {
  const [line, column, lastLine, lastColumn] = place.split(' ').map(Number);
  const rows = source.slice(line - 1, lastLine);
  rows[rows.length - 1] = rows.at(-1).slice(0, lastColumn - 1);
  rows[0] = rows[0].slice(column - 1);
  return rows.map((row) => row.trim()).join(' ');
}

/**
 * Whether each build has one answer: names of macros, numbers and sizes of types alone; or
 * `broken`, which notes a fault and is always false.
 */
export function isConstant(text) {
  if (/^\(*broken\(/.test(text)) return true;
  const rest = text
    .replaceAll(/sizeof ?\(?[a-z_ *]+\)?/g, '0')
    .replaceAll(/\b(true|false)\b/g, '0');
  return /^[A-Z0-9_\s()!<>=&|+\-*/%~]+$/.test(rest);
}

/** The conditions of a decision, in order: its text cut at `&&` and `||`, wherever they stand. */
const conditionsOf = (text) => text.split(/\s*(?:&&|\|\|)\s*/);

/** Takes out what the preprocessor decides. */
function withoutConstants(file) {
  for (const place of [...file.branches.keys()]) {
    if (isConstant(textOf(file.source, place))) file.branches.delete(place);
  }
  for (const [place, covered] of file.conditions) {
    const constants = conditionsOf(textOf(file.source, place)).filter(isConstant).length;
    // Where a macro is one of them, the order is not that of the text: only how many lack is known.
    const lacking = covered.filter((one) => one === 0).length - constants;
    const rest = covered.length - constants;
    if (constants > 0)
      file.conditions.set(
        place,
        Array.from({ length: rest }, (_, i) => Number(i < rest - lacking)),
      );
  }
}

/**
 * Counts by line of what begins on it, `begun`, and of what the line before it ended with,
 * `wrapped`: where a build folds a condition, no region begins behind it. A segment is [line,
 * column, count, has a count, begins a region].
 */
function countsOfLines(segments) {
  const [begun, wrapped] = [new Map(), new Map()];
  for (const [index, [line, , count, hasCount, isEntry]] of segments.entries()) {
    if (!hasCount) continue;
    if (isEntry) add(begun, line, [count]);
    const end = segments[index + 1]?.[0] ?? line;
    for (let at = line + 1; at <= end; at++) wrapped.set(at, count);
  }
  return { begun, wrapped };
}

/**
 * By name of a file below `folder`: {lines, branches, conditions, source}. A header's functions are
 * in many objects: what one of them executed counts.
 */
export function merge({ data }, folder) {
  const files = new Map();
  for (const { files: all } of data) {
    for (const { filename, segments, branches = [], mcdc_records: records = [] } of all) {
      if (path.relative(folder, filename).startsWith('..')) continue;
      const name = path.basename(filename);
      const file = files.get(name) ?? emptyFile();
      files.set(name, file);
      file.source ??= fs.readFileSync(filename, 'utf8').split('\n');
      const { begun, wrapped } = countsOfLines(segments);
      for (const [line, counts] of begun) add(file.lines, line, counts);
      for (const [line, count] of wrapped) add(file.wrapped, line, [count]);
      for (const branch of branches) add(file.branches, placeOf(branch), [branch[4], branch[5]]);
      for (const record of records)
        add(file.conditions, placeOf(record), (record.at(-1) ?? []).map(Number));
    }
  }
  for (const file of files.values()) withoutConstants(file);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function totals({ lines, branches, conditions }) {
  const count = (values) => {
    const all = [...values].flat();
    return { covered: all.filter((one) => one > 0).length, total: all.length };
  };
  return {
    lines: count(lines.values()),
    branches: count(branches.values()),
    conditions: count(conditions.values()),
  };
}

/** All groups of `measured` in one, by file. */
export function united(measured) {
  const files = new Map();
  for (const group of measured.values()) {
    for (const [name, { source, ...kinds }] of group) {
      const file = files.get(name) ?? { ...emptyFile(), source };
      files.set(name, file);
      for (const [kind, counts] of Object.entries(kinds)) {
        for (const [place, more] of counts) add(file[kind], place, more);
      }
    }
  }
  for (const { lines, wrapped } of files.values()) {
    for (const line of lines.keys()) if (wrapped.has(line)) add(lines, line, wrapped.get(line));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The function around a row, from 1: the last line above that begins one. */
function functionAt(source, row) {
  for (let at = row - 1; at >= 0; at--) {
    const name = /^(?!#|\/\/|typedef|struct|union|enum|\s|[{}]).*?(\w+)\(/.exec(
      source[at] ?? '',
    )?.[1];
    if (name !== undefined && !/^(SEGFIT_(API|INLINE|NOINLINE)|__attribute__)$/.test(name))
      return name;
    const behind = /^(?:SEGFIT_\w+\([^)]*\)|__attribute__\(\([^)]*\)\)) .*?(\w+)\(/.exec(
      source[at] ?? '',
    )?.[1];
    if (behind !== undefined) return behind;
  }
  return '';
}

/**
 * Returns what no group executed: {file, text, row, lacking}, `text` with its function's name
 * before it.
 */
export function gapsOf(measured) {
  const gaps = new Map();
  for (const [file, { source, wrapped: _, ...kinds }] of united(measured)) {
    for (const [kind, counts] of Object.entries(kinds)) {
      for (const [place, all] of counts) {
        if (all.every((one) => one > 0)) continue;
        const row = Number(String(place).split(' ')[0]);
        const line = (source[row - 1] ?? '').trim();
        if (line.startsWith('#define')) continue;
        const text = `${functionAt(source, row)}: ${line}`;
        const gap = gaps.get(`${file} ${text}`) ?? { file, text, row, lacking: [] };
        gaps.set(`${file} ${text}`, gap);
        gap.lacking.push(`${kind} ${all.map((one) => (one > 0 ? 'y' : 'n')).join('')}`);
      }
    }
  }
  return [...gaps.values()];
}

/**
 * Returns the gaps that `known`, {file: {text: reason}}, does not list, and its entries without
 * need or reason. A reason that begins with "By chance" is about code that threads reach in some
 * runs and not in others.
 */
export function judge(gaps, known) {
  const isListed = ({ file, text }) => Boolean(known[file]?.[text]);
  const exists = (file, text) => gaps.some((gap) => gap.file === file && gap.text === text);
  const stale = Object.entries(known).flatMap(([file, texts]) =>
    Object.keys(texts)
      .filter((text) => !exists(file, text) && !texts[text].startsWith('By chance'))
      .map((text) => ({ file, text })),
  );
  return { unlisted: gaps.filter((gap) => !isListed(gap)), stale };
}
