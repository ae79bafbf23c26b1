// SPDX-License-Identifier: MIT
/** The package as a user gets it: packed, and installed into an empty project. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../../wasm/toolchain/paths.mjs';

const patience = 120_000;

/** Runs a program; returns what it printed, or fails with all of that. */
export function run(name, words, options = {}) {
  const result = spawnSync(name, words, { encoding: 'utf8', timeout: patience, ...options });
  const { status, stdout, stderr, error } = result;
  assert.equal(status, 0, `${[name, ...words].join(' ')}: ${error ?? ''}\n${stdout}${stderr}`);
  return stdout.trim();
}

export const node = (words, options) => run(process.execPath, words, options);

/** npm, the one that runs us where there is one; it asks no registry. */
function npm(words, cwd) {
  const settings = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const script = process.env.npm_execpath;
  if (script !== undefined && /\.[cm]?js$/.test(script)) {
    return node([script, ...words, ...settings], { cwd });
  }
  return run('npm', [...words, ...settings], { cwd });
}

/** A user's project in a folder of its own, with the package installed. */
export class Project {
  constructor() {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-package-')));
    const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', this.folder], root));
    this.tarball = path.join(this.folder, packed.filename);
    this.files = packed.files;
    this.write('package.json', '{ "name": "app", "version": "1.0.0", "private": true }\n');
    npm(['install', this.tarball], this.folder);
    this.package = path.join(this.folder, 'node_modules', 'segfit');
  }

  path(...names) {
    return path.join(this.folder, ...names);
  }

  /** Writes a file and returns its path. */
  write(name, text) {
    const file = this.path(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  read(name) {
    return fs.readFileSync(this.path(name), 'utf8');
  }

  run(name, words, options = {}) {
    return run(name, words, { cwd: this.folder, ...options });
  }

  node(words, options = {}) {
    return node(words, { cwd: this.folder, ...options });
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The program that each environment runs. It uses the package and prints one line. */
export const use = `
  const pool = new Pool({ size: 65536 });
  const floats = pool.allocArray(Float32Array, 16);
  floats[15] = 1.5;
  const pointer = pool.alloc(100);
  pool.free(floats);
  const { usedBlocks, allocs } = pool.stats();
  pool.free(pointer);
  const said = ['segfit', usedBlocks, allocs, pool.check().ok].join(' ');
`;
/** What `use` has in \`said\`. */
export const answer = 'segfit 1 2 true';

export const useByImport = `import { Pool } from 'segfit';\n${use}`;
export const useByRequire = `const { Pool } = require('segfit');\n${use}`;
