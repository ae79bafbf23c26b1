// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

import { describe, expect, jest, test } from '@jest/globals';

import { builtFile, builtModule, sectionsOf } from './helpers.ts';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

/**
 * Runs a script in its own Node process, from the repository's root, and returns what it prints.
 */
function node(kind: 'module' | 'commonjs', script: string): string {
  const args = [`--input-type=${kind}`, '-e', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

describe('the package', () => {
  test('is found by its name, by import and by require', () => {
    const use = 'const pool = new Pool({}); console.log(pool.sizeOf(pool.alloc(12)))';
    expect(node('module', `import { Pool } from 'segfit'; ${use}`)).toBe('12');
    expect(node('commonjs', `const { Pool } = require('segfit'); ${use}`)).toBe('12');
    const see = 'console.log(typeof layoutOf)';
    expect(node('module', `import { layoutOf } from 'segfit/core'; ${see}`)).toBe('function');
    expect(node('commonjs', `const { layoutOf } = require('segfit/core'); ${see}`)).toBe(
      'function',
    );
  });

  test('does nothing on import, and reports when WebAssembly may not be compiled', () => {
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

  test('has types that fit their use, by import and by require', () => {
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
    expect(builtFile('segfit.wasm').length).toBeLessThan(14.6 * 1024);
    expect(builtFile('segfit-threads.wasm').length).toBeLessThan(11.6 * 1024);
    expect(gzipSync(builtFile('segfit-threads.wasm'), { level: 9 }).length).toBeLessThan(
      5.6 * 1024,
    );
  });
});

const raw = [
  'segfit_add_pool',
  'segfit_alloc',
  'segfit_alloc_aligned',
  'segfit_block_size_for',
  'segfit_calloc',
  'segfit_check',
  'segfit_class_of',
  'segfit_class_size',
  'segfit_describe',
  'segfit_extend_pool',
  'segfit_free',
  'segfit_init',
  'segfit_max_alloc',
  'segfit_max_request',
  'segfit_pointer_fault',
  'segfit_pool_is_empty',
  'segfit_pool_size_to_contain',
  'segfit_realloc',
  'segfit_realloc_aligned',
  'segfit_remove_pool',
  'segfit_reset',
  'segfit_reset_peaks',
  'segfit_resize',
  'segfit_stats',
  'segfit_usable_size',
  'segfit_walk_next',
];
const arena = [
  'arena_alloc',
  'arena_calloc',
  'arena_check',
  'arena_defer',
  'arena_end',
  'arena_fault',
  'arena_free',
  'arena_grow',
  'arena_lock',
  'arena_make',
  'arena_max',
  'arena_realloc',
  'arena_reset',
  'arena_resize',
  'arena_size',
  'arena_trace',
];

describe.each([
  { name: 'segfit.wasm', exported: [...arena, ...raw], hosts: ['grown', 'panic'] },
  { name: 'segfit-events.wasm', exported: raw, hosts: ['event', 'panic'] },
  { name: 'segfit-threads.wasm', exported: arena, hosts: ['grown', 'panic', 'thread', 'wait'] },
])('$name', ({ name, exported, hosts }) => {
  test('imports a memory and its callbacks, nothing else', () => {
    const imports = WebAssembly.Module.imports(builtModule(name)).map(
      (entry) => `${entry.module}.${entry.name} ${entry.kind}`,
    );
    const functions = hosts.map((host) => `env.segfit_${host} function`);
    expect(imports.sort()).toEqual(['env.memory memory', ...functions]);
  });

  test('exports exactly the documented functions', () => {
    const entries = WebAssembly.Module.exports(builtModule(name));
    expect(entries.every(({ kind }) => kind === 'function')).toBe(true);
    expect(entries.map((entry) => entry.name).sort()).toEqual(exported);
  });

  // Instances in several threads share one memory: each would overwrite another's static data.
  test('has no table, no global (so no shadow stack) and no data', () => {
    const [table, global, element, data, dataCount] = [4, 6, 9, 11, 12];
    const sections = sectionsOf(builtFile(name)).map(({ id }) => id);
    for (const id of [table, global, element, data, dataCount]) expect(sections).not.toContain(id);
    const [type, imports, functions, exports, code] = [1, 2, 3, 7, 10];
    expect(sections).toEqual([type, imports, functions, exports, code]);
  });
});
