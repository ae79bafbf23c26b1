// SPDX-License-Identifier: MIT
/** Tests of the declarations with each TypeScript of a manifest, two at a time. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { root } from '../../../../wasm/toolchain/paths.mjs';
import { ensurePackages } from '../../../../wasm/toolchain/setup.mjs';
import { Project } from '../installed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const check = path.join(here, 'check.mjs');
const patience = 600_000;

/** The folders of this project's own TypeScript and those that the manifest in `folder` names. */
function compilersOf(folder) {
  const { devDependencies } = JSON.parse(
    fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  return Object.keys(devDependencies).map((name) => path.join(folder, 'node_modules', name));
}

/**
 * @param {{ folder: string, own?: boolean, every: boolean }} what The folder of the manifest, from
 * this one; whether this project's own TypeScript is among them; whether every project is compiled
 * or those that differ most.
 */
export function testTypes({ folder, own = false, every }) {
  const manifest = path.join(here, folder);
  const compilers = compilersOf(manifest);
  if (own) compilers.push(path.join(root, 'node_modules', 'typescript'));
  let project;
  describe('declarations, without skipLibCheck', { concurrency: 2 }, () => {
    before(async () => {
      await ensurePackages(manifest, 'TypeScript of several versions');
      project = new Project();
      const types = project.path('node_modules', '@types');
      fs.mkdirSync(types);
      fs.symlinkSync(
        path.join(root, 'node_modules', '@types', 'node'),
        path.join(types, 'node'),
        'junction',
      );
    });
    after(() => project?.remove());
    for (const compiler of compilers) {
      test(path.basename(compiler), { timeout: patience }, async () => {
        const words = [check, compiler, project.folder, ...(every ? ['--every'] : [])];
        const options = { encoding: 'utf8', maxBuffer: 1 << 26 };
        const { stdout } = await promisify(execFile)(process.execPath, words, options).catch(
          (error) => {
            assert.fail(`${error.stdout}${error.stderr}`);
          },
        );
        assert.match(stdout, /^[1-9]\d* projects/);
      });
    }
  });
}
