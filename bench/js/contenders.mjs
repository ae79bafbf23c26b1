// SPDX-License-Identifier: MIT
/**
 * The allocators that are compared. Each states as JavaScript text how it allocates `size` bytes
 * and frees `block`: so each gets loops of its own, and no call becomes megamorphic. make() returns
 * `t`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { dist } from '../../wasm/toolchain/paths.mjs';

const numbers = { held: (count) => new Uint32Array(count), empty: '0' };
const objects = { held: (count) => new Array(count).fill(null), empty: 'null' };

/** Contenders that the built package and node_modules allow. */
export async function contenders() {
  const { Pool } = await import('segfit');
  const { instantiate } = await import('segfit/core');
  const { MemPool } = await import('@thi.ng/malloc');
  const module = new WebAssembly.Module(fs.readFileSync(path.join(dist, 'segfit.wasm')));
  const pool = (size) => ({ pool: new Pool({ size }) });
  const list = [
    {
      name: 'raw exports',
      about: 'segfit_alloc and segfit_free of segfit.wasm, nothing checked in JavaScript',
      ...numbers,
      make(size) {
        const pages = Math.ceil(size / 65536);
        const { exports } = instantiate(module, new WebAssembly.Memory({ initial: pages }));
        const heap = exports.segfit_init(1024, pages * 65536 - 1024, 0, 0, 0, 0);
        return { heap, alloc: exports.segfit_alloc, free: exports.segfit_free };
      },
      alloc: 't.alloc(t.heap, size) >>> 0',
      free: 't.free(t.heap, block)',
    },
    {
      name: 'pool.tryAlloc',
      about: 'pool.tryAlloc(size), pool.free(pointer): every argument checked',
      ...numbers,
      make: pool,
      alloc: 't.pool.tryAlloc(size)',
      free: 't.pool.free(block)',
    },
    {
      name: 'pool.alloc',
      about: 'pool.alloc(size), pool.free(pointer)',
      ...numbers,
      make: pool,
      alloc: 't.pool.alloc(size)',
      free: 't.pool.free(block)',
    },
    {
      name: 'pool.allocArray',
      about: 'pool.allocArray(Uint8Array, size, { zero: false }), pool.free(array)',
      ...objects,
      make: (size) => ({ ...pool(size), options: { zero: false } }),
      alloc: 't.pool.allocArray(Uint8Array, size, t.options)',
      free: 't.pool.free(block)',
    },
    {
      name: '@thi.ng/malloc',
      about: 'MemPool, malloc(size), free(pointer)',
      ...numbers,
      make: (size) => ({ pool: new MemPool({ size }) }),
      alloc: 't.pool.malloc(size)',
      free: 't.pool.free(block)',
    },
    {
      name: 'new Uint8Array',
      about: 'new Uint8Array(size), dropped',
      ...objects,
      make: () => ({}),
      alloc: 'new Uint8Array(size)',
      free: 'block',
    },
    {
      name: 'Buffer.allocUnsafe',
      about: 'Buffer.allocUnsafe(size), dropped',
      ...objects,
      make: () => ({}),
      alloc: 'Buffer.allocUnsafe(size)',
      free: 'block',
    },
  ];
  if (typeof Pool.shared === 'function') {
    const shared = { make: (size) => ({ pool: Pool.shared({ size }) }) };
    const about = 'pool.tryAlloc(size) of a shared pool, its lock free';
    list.splice(3, 0, { ...list[1], ...shared, name: 'shared tryAlloc', about });
  }
  return list;
}
