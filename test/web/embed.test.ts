// SPDX-License-Identifier: MIT
/** `segfit/view` as shipped. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function node(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

test('segfit/view can be imported without a page', () => {
  const file = manifest.exports['./view'].import.default;
  const code = `import(${JSON.stringify(file)}).then((all) => console.log(Object.keys(all).join()))`;
  expect(node('--input-type=module', '-e', code)).toEqual({
    status: 0,
    said: 'attach,defineView\n',
  });
});

test('segfit/view refers to no other file', () => {
  const code = readFileSync(join(root, manifest.exports['./view'].import.default), 'utf8');
  expect(code).not.toMatch(/\bimport\s*(\(|["'{*])/);
  const define = readFileSync(join(root, manifest.exports['./view/define'].import.default), 'utf8');
  expect(define.match(/'\.\/[^']*'/g)).toEqual(["'./view.js'", "'./view.js'"]);
});

test('bundlers keep the import of segfit/view/define', () => {
  expect([manifest.sideEffects].flat()).toContain(manifest.exports['./view/define'].import.default);
});

const consumer = `
import { attach, defineView, type WatchedHeap } from '../../dist/types/view.js';
defineView();
const source: WatchedHeap = { memory: new WebAssembly.Memory({ initial: 1 }), heap: 1024, layout: 16 };
const view = await attach(source);
view.seek(3, 1);
document.querySelector('segfit-view')!.state = 'v=1&at=3';
// @ts-expect-error a heap is an address
await attach({ memory: source.memory, heap: '1024' });
`;

test('the types are self-contained and fit their use', () => {
  const folder = join(root, 'build', 'view-types');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'consumer.mts'), consumer);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext'];
  const libraries = ['--lib', 'es2023,dom', '--types', ''];
  const file = join(folder, 'consumer.mts');
  expect(node(tsc, ...options, ...libraries, file)).toEqual({ status: 0, said: '' });
}, 60_000);
