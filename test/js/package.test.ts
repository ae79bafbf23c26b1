// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';

import { builtFile, builtModule } from './helpers.ts';

/** Runs a script in a Node of its own, from the repository's root, and returns what it prints. */
function node(kind: 'module' | 'commonjs', script: string): string {
  const args = [`--input-type=${kind}`, '-e', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

describe('the package', () => {
  test('is found by its name, with import and with require', () => {
    const use = 'const pool = new Pool({}); console.log(pool.sizeOf(pool.alloc(12)))';
    expect(node('module', `import { Pool } from 'segfit'; ${use}`)).toBe('12');
    expect(node('commonjs', `const { Pool } = require('segfit'); ${use}`)).toBe('12');
    const see = 'console.log(typeof layoutOf)';
    expect(node('module', `import { layoutOf } from 'segfit/core'; ${see}`)).toBe('function');
    expect(node('commonjs', `const { layoutOf } = require('segfit/core'); ${see}`)).toBe('function');
  });

  test('does nothing on import, and says so when WebAssembly may not be compiled', () => {
    const script = `
      const { Memory } = WebAssembly;
      class Module { constructor() { throw new Error('policy'); } }
      globalThis.WebAssembly = { Memory, Module };
      const { Pool } = require('segfit');
      try { new Pool({}); } catch ({ name, code, message, cause }) {
        console.log([name, code, message.includes('wasm-unsafe-eval'), cause.message].join(' '));
      }
      globalThis.WebAssembly = undefined;
      try { new Pool({}); } catch ({ code }) { console.log(code); }`;
    const blocked = 'ERR_SEGFIT_WASM_BLOCKED';
    expect(node('commonjs', script)).toBe(`Error ${blocked} true policy\n${blocked}`);
  });

  test('needs only ECMAScript and WebAssembly, as in an AudioWorklet', () => {
    const script = `
      const { readFileSync } = require('node:fs');
      const vm = require('node:vm');
      const context = vm.createContext({ modules: {} });
      vm.runInContext('function require(name) { return modules[name]; }', context);
      for (const name of ['./shared.cjs', './index.cjs']) {
        const code = readFileSync('dist/' + name, 'utf8');
        const load = vm.runInContext('(exports) => {' + code + '}', context);
        context.modules[name] = {};
        load(context.modules[name]);
      }
      const use = () => {
        const foreign = ['atob', 'TextDecoder', 'fetch', 'process', 'Buffer', 'URL', 'performance'];
        const pool = new modules['./index.cjs'].Pool({});
        const pointer = pool.alloc(1);
        pool[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
        const found = foreign.some((name) => name in globalThis);
        return [found, Symbol.dispose, pointer > 0, pool.destroyed];
      };
      console.log(...vm.runInContext('(' + use + ')()', context));`;
    expect(node('commonjs', script)).toBe('false undefined true true');
  });

  test('has types that fit their use, with import and with require', () => {
    const args = ['node_modules/typescript/bin/tsc', '-p', 'test/js'];
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toBe('');
  });

  test('recognises its errors across its two copies', () => {
    const script = `
      const one = require('segfit');
      import('segfit').then(({ isSegfitError, Pool }) => {
        try { new Pool({ size: -1 }); } catch (error) {
          console.log(Pool === one.Pool, one.isSegfitError(error), isSegfitError(error));
        }
      });`;
    expect(node('commonjs', script)).toBe('false true true');
  });

  test('stays small', () => {
    const files = ['index.js', 'shared.js'].map((name) => builtFile(name));
    expect(gzipSync(Buffer.concat(files), { level: 9 }).length).toBeLessThan(26 * 1024);
    expect(builtFile('segfit.wasm').length).toBeLessThan(13 * 1024);
    expect(gzipSync(builtFile('segfit.wasm'), { level: 9 }).length).toBeLessThan(5.5 * 1024);
  });
});

/** The ids of a module's sections, in order. */
function sectionsOf(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++] ?? -1);
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    at += size;
  }
  return ids;
}

describe.each(['segfit.wasm', 'segfit-events.wasm'])('%s', (name) => {
  const isPlain = name === 'segfit.wasm';

  test('imports a memory and what it calls, nothing else', () => {
    const imports = WebAssembly.Module.imports(builtModule(name)).map(
      (entry) => `${entry.module}.${entry.name} ${entry.kind}`,
    );
    expect(imports.sort()).toEqual([
      'env.memory memory',
      ...(isPlain ? [] : ['env.segfit_event function']),
      'env.segfit_panic function',
    ]);
  });

  test('exports functions, and these', () => {
    const entries = WebAssembly.Module.exports(builtModule(name));
    expect(entries.every(({ kind }) => kind === 'function')).toBe(true);
    expect(entries.map((entry) => entry.name.replace(/^segfit_/, '')).sort()).toEqual([
      'add_pool', 'alloc', 'alloc_aligned', 'block_size_for', 'calloc', 'check', 'class_of',
      'class_size', 'describe', 'extend_pool', 'free', 'init', 'max_alloc', 'max_request',
      'pointer_fault', 'pool_is_empty', 'pool_size_to_contain', 'realloc', 'realloc_aligned',
      'remove_pool', 'reset', 'reset_peaks', 'resize', 'stats', 'usable_size', 'walk_next',
    ]);
  });

  test('has no table, no global (so no shadow stack) and no data', () => {
    const [table, global, element, data, dataCount] = [4, 6, 9, 11, 12];
    const sections = sectionsOf(builtFile(name));
    for (const id of [table, global, element, data, dataCount]) expect(sections).not.toContain(id);
    const [type, imports, functions, exports, code] = [1, 2, 3, 7, 10];
    expect(sections).toEqual([type, imports, functions, exports, code]);
  });
});
