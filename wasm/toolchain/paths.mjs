// SPDX-License-Identifier: MIT
/** Where things lie, and how their files are read and written. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(new URL('../../', import.meta.url)));
export const dist = path.join(root, 'dist');
export const build = path.join(root, 'build');

/**
 * Whether Node was started with the file of this address. Node resolves links in the address, and
 * not in its arguments.
 */
export function isMain(url) {
  const started = process.argv[1];
  if (started === undefined) return false;
  try {
    return fs.realpathSync(started) === fs.realpathSync(fileURLToPath(url));
  } catch {
    return false;
  }
}

/** A text file, its lines ended by `\n` however the checkout ends them. */
export function readText(file) {
  return withoutReturns(fs.readFileSync(file, 'utf8'));
}

export function withoutReturns(text) {
  return text.replaceAll('\r\n', '\n');
}

const DAY_MS = 86_400_000;

/**
 * Makes a folder for temporary files, in build/: the system's own may be absent or read-only, and
 * the project's is written in any case. Folders that killed builds left a day ago are removed.
 */
export function temporaryFolder() {
  const parent = path.join(build, 'tmp');
  fs.mkdirSync(parent, { recursive: true });
  for (const folder of fs.readdirSync(parent).map((name) => path.join(parent, name))) {
    const made = fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (made < Date.now() - DAY_MS) fs.rmSync(folder, { recursive: true, force: true });
  }
  return fs.mkdtempSync(path.join(parent, 'work-'));
}

/** Writes a file whole or not at all: a reader, and a later build, never sees half of it. */
export function writeWhole(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const half = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(half, content);
    fs.renameSync(half, file);
  } catch (error) {
    fs.rmSync(half, { force: true });
    throw error;
  }
}

/** Writes a file where its content differs; returns whether it did. */
export function writeIfChanged(file, content) {
  const bytes = Buffer.from(content);
  if (fs.existsSync(file) && bytes.equals(fs.readFileSync(file))) return false;
  writeWhole(file, bytes);
  return true;
}
