// SPDX-License-Identifier: MIT
// README's programs, as a reader would run them: the C one with plain cc, the JavaScript one against
// the built package.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-readme-'));
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The only block of code in README that is marked `language`. */
function program(language) {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.filter(([, name]) => name === language);
  assert.equal(found.length, 1);
  return found[0][2];
}

function run(name, words, cwd) {
  const { status, stdout, stderr } = spawnSync(name, words, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("README's C program compiles as it says there, and runs", () => {
  const source = path.join(folder, 'app.c');
  const app = path.join(folder, 'app');
  fs.writeFileSync(source, program('c'));
  assert.ok(readme.includes('`cc -Iinclude app.c src/*.c`'));
  run('sh', ['-c', `cc -Wall -Wextra -Werror -Iinclude '${source}' src/*.c -o '${app}'`], root);
  run(app, [], folder);
});

test("README's JavaScript program runs with the built package", () => {
  // A package may import itself by its name, so this is the one that npm would pack.
  const words = ['--input-type=module', '--eval', program('js')];
  assert.match(run(process.execPath, words, root), /usedBlocks: 0/);
});

test('what README links to is there', () => {
  const targets = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target);
  assert.ok(targets.length > 5);
  assert.deepEqual(
    targets.filter((target) => !fs.existsSync(path.join(root, target))),
    [],
  );
});
