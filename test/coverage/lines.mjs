// SPDX-License-Identifier: MIT
/** llvm-cov's export as counts by file, and what of it was never executed, by the text of its line. */
import fs from 'node:fs';
import path from 'node:path';

const placeOf = (region) => region.slice(0, 4).join(' ');

/** Adds to a map of counts by place. */
function add(counts, place, more) {
  const before = counts.get(place);
  counts.set(place, before === undefined ? more : before.map((one, index) => one + more[index]));
}

/**
 * By file below `folder`: {lines, branches, conditions, source}. A header's functions are in many objects: what
 * one of them executed counts.
 */
export function merge({ data }, folder) {
  const files = new Map();
  for (const { files: all } of data) {
    for (const { filename, segments, branches = [], mcdc_records: records = [] } of all) {
      const name = path.relative(folder, filename);
      if (name.startsWith('..')) continue;
      const file = files.get(name) ?? { lines: new Map(), branches: new Map(), conditions: new Map() };
      files.set(name, file);
      file.source ??= fs.readFileSync(filename, 'utf8').split('\n');
      for (const [line, , count, hasCount, isEntry] of segments) {
        if (hasCount && isEntry) add(file.lines, line, [count]);
      }
      for (const branch of branches) add(file.branches, placeOf(branch), [branch[4], branch[5]]);
      for (const record of records) {
        const covered = (record.at(-1) ?? []).map(Number);
        add(file.conditions, placeOf(record), covered);
      }
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function totals({ lines, branches, conditions }) {
  const count = (values) => {
    const all = [...values].flat();
    return { covered: all.filter((one) => one > 0).length, total: all.length };
  };
  return { lines: count(lines.values()), branches: count(branches.values()), conditions: count(conditions.values()) };
}

/** The texts of one file's lines of which a count of lines, branches or conditions `is` so, each once. */
function textsOf({ lines, branches, conditions, source }, is) {
  const rows = new Set();
  for (const [line, counts] of lines) if (counts.some(is)) rows.add(Number(line));
  for (const group of [branches, conditions]) {
    for (const [place, counts] of group) if (counts.some(is)) rows.add(Number(place.split(' ')[0]));
  }
  return new Set([...rows].map((row) => (source[row - 1] ?? '').trim()));
}

/** All that was executed in no group: {file, text, groups}. `measured`: what merge gave, by group. */
export function gapsOf(measured) {
  const found = new Map();
  const seen = new Map();
  for (const [group, files] of measured) {
    for (const [file, counts] of files) {
      const missing = textsOf(counts, (one) => one === 0);
      for (const text of textsOf(counts, () => true)) {
        const key = `${file}\n${text}`;
        if (!missing.has(text)) seen.set(key, true);
        const gap = found.get(key) ?? { file, text, groups: [] };
        if (missing.has(text)) gap.groups.push(group);
        found.set(key, gap);
      }
    }
  }
  return [...found].filter(([key]) => !seen.has(key)).map(([, gap]) => gap);
}

/**
 * `known`: {file: {text: reason}}. What is not listed, and what is listed without need or without a reason.
 */
export function judge(gaps, known) {
  const isListed = ({ file, text }) => Boolean(known[file]?.[text]);
  const exists = (file, text) => gaps.some((gap) => gap.file === file && gap.text === text);
  const stale = Object.entries(known).flatMap(([file, texts]) =>
    Object.keys(texts)
      .filter((text) => !exists(file, text))
      .map((text) => ({ file, text })),
  );
  return { unlisted: gaps.filter((gap) => !isListed(gap)), stale };
}
