// SPDX-License-Identifier: MIT
/**
 * Counts the sentence patterns that docs/contributing.md forbids, in every text file that git
 * knows.
 *
 *     node test/style/english.mjs            the counts, one line a folder
 *     node test/style/english.mjs FOLDER     each place in files whose names begin so
 *     node test/style/english.mjs --record   writes counts that fell into english.json
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain, root } from '../../wasm/toolchain/paths.mjs';
import { trackedFiles } from './tracked_files.mjs';

const budgetFile = fileURLToPath(new URL('english.json', import.meta.url));

/** Names of tests count as sentences: a blank may be an underscore. */
const patterns = {
  'opens with "What"':
    /(?<=^|[.:;!?] |\/\/+ |\* |["'`(|] ?)(?:What [a-z](?![^.?]{0,160}\?)|what_[a-z])/gm,
  'passive "told", "had", "judged"':
    /(?<![A-Za-z])(?:is|are|was|were|be|been)[ _](?:told|had|judged)\b/g,
  '"is none"': /(?<![A-Za-z])(?:is|are|was|were)[ _]none\b/g,
  '"this build" for a level': /\b[Tt]his build (?:looks|sees|checks|does|has|would|keeps|holds)\b/g,
  '"says so"': /\b(?:says|say|said)[ _]so\b/g,
};

const TEXT = /\.(?:c|cc|h|md|mjs|cjs|js|ts|mts|cts|css|html|cmake|txt|lua|sh)$/;
/** Files that quote the patterns. */
const LEFT_OUT = /^test\/style\//;

/** The tracked files that are text of this project. */
const textFiles = () => trackedFiles().filter((file) => TEXT.test(file) && !LEFT_OUT.test(file));

/** The places of a text that match: `{ pattern, line, text }`. */
export function placesIn(text) {
  return Object.entries(patterns).flatMap(([pattern, expression]) =>
    [...text.matchAll(expression)].map(({ index }) => {
      const line = text.slice(0, index).split('\n').length;
      return { pattern, line, text: text.split('\n')[line - 1].trim() };
    }),
  );
}

/** Counts by top-level folder and pattern. Files of the top level are the folder ".". */
export function counts() {
  const all = {};
  for (const file of textFiles()) {
    const folder = file.includes('/') ? file.split('/')[0] : '.';
    all[folder] ??= Object.fromEntries(Object.keys(patterns).map((pattern) => [pattern, 0]));
    for (const { pattern } of placesIn(fs.readFileSync(path.join(root, file), 'utf8'))) {
      all[folder][pattern]++;
    }
  }
  return all;
}

export function budget() {
  return fs.existsSync(budgetFile) ? JSON.parse(fs.readFileSync(budgetFile, 'utf8')) : {};
}

function record() {
  const allowed = budget();
  const lowest = Object.fromEntries(
    Object.entries(counts()).map(([folder, found]) => [
      folder,
      Object.fromEntries(
        Object.entries(found).map(([pattern, count]) => [
          pattern,
          Math.min(count, allowed[folder]?.[pattern] ?? count),
        ]),
      ),
    ]),
  );
  fs.writeFileSync(budgetFile, `${JSON.stringify(lowest, null, 2)}\n`);
}

function printPlaces(prefix) {
  for (const file of textFiles().filter((name) => name.startsWith(prefix))) {
    for (const { line, text, pattern } of placesIn(
      fs.readFileSync(path.join(root, file), 'utf8'),
    )) {
      console.log(`${file}:${line}: ${pattern}: ${text}`);
    }
  }
}

if (isMain(import.meta.url)) {
  const word = process.argv[2];
  if (word === '--record') record();
  else if (word !== undefined) printPlaces(word);
  else console.table(counts());
}
