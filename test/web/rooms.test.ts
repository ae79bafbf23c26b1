// SPDX-License-Identifier: MIT
/** The rooms of web/ and wasm/js: which may import which, as their READMEs say. Type imports count. */
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const root = join(__dirname, '..', '..');
const everyModel = ['web/model', 'web/model/heap', 'web/model/run', 'web/model/page'];

/** The other rooms that the files of a room may import from. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'wasm/js/public': ['wasm/js/internal', 'wasm/js/generated'],
  'wasm/js/internal': ['wasm/js/public', 'wasm/js/generated'],
  'web/model': [],
  'web/model/heap': ['web/model'],
  'web/model/run': ['web/model', 'web/model/heap'],
  'web/model/page': ['web/model', 'web/model/heap', 'web/model/run'],
  'web/draw': ['web/model', 'web/model/heap'],
  'web/formats': ['web/model', 'web/model/heap', 'web/model/run', 'web/draw'],
  'web/view': [...everyModel, 'web/draw', 'web/formats'],
  'web/learn': [...everyModel, 'web/view'],
  'web/embed': [...everyModel, 'web/draw', 'web/formats', 'web/view'],
  'web/bench': [...everyModel, 'web/formats', 'web/view', 'web/embed'],
};

const files = execFileSync('git', ['ls-files', 'web', 'wasm/js'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|mjs|js)$/.test(file) && existsSync(join(root, file)));

/** The modules of this project that a file imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^'?]+)'/g)].map((match) =>
    normalize(join(dirname(file), match[1]!)).replaceAll('\\', '/'),
  );
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

test.each(Object.entries(allowed))('%s imports only from its allowed rooms', (room, others) => {
  const wrong = files
    .filter((file) => dirname(file) === room)
    .flatMap((file) => graph.get(file)!.map((target) => ({ file, target, to: dirname(target) })))
    .filter(({ to }) => to !== room && !others.includes(to));
  expect(wrong).toEqual([]);
});

test('web imports neither test/ nor bench/', () => {
  const targets = files
    .filter((file) => file.startsWith('web/'))
    .flatMap((file) => graph.get(file)!);
  expect(targets.filter((target) => /^(test|bench)\//.test(target))).toEqual([]);
});

test('wasm/js/internal imports only types from wasm/js/public', () => {
  for (const file of files.filter((name) => dirname(name) === 'wasm/js/internal')) {
    const text = readFileSync(join(root, file), 'utf8');
    const values = text.match(/^import (?!type\b)[^;]*?from '\.\.\/public\/[^']*'/gm) ?? [];
    expect(values).toEqual([]);
  }
});

test('no files import each other in a circle', () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      throw new Error(`a circle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    }
    if (!done.has(file)) {
      graph.get(file)?.forEach((target) => visit(target, [...path, file]));
      done.add(file);
    }
  };
  files.forEach((file) => visit(file, []));
  expect(files.every((file) => done.has(file))).toBe(true);
});
