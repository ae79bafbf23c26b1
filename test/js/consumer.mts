// SPDX-License-Identifier: MIT
// Checked by tsc, never run: what the types allow and what they refuse.
import {
  type Block,
  createTraceRing,
  isSegfitError,
  type OutOfMemoryError,
  Pool,
  type PoolDescriptor,
  type TraceRing,
  type TraceSink,
  type ViewOf,
} from 'segfit';
import { type Core, HeapReader, instantiate } from 'segfit/core';

using pool = new Pool({ size: 65536, label: 'typed' });

const floats: Float32Array<ArrayBuffer> = pool.allocArray(Float32Array, 4);
const longs: BigInt64Array<ArrayBuffer> = pool.allocArray(BigInt64Array, 4);
const bytes: Uint8Array<ArrayBuffer> = pool.view(8);
const longer: Float32Array<ArrayBuffer> = pool.reallocArray(floats, 8);
const data: DataView<ArrayBuffer> = pool.reallocArray(pool.dataView(8), 16);
pool.free(data);
pool.free(longer);
pool.free(longs);
pool.free(bytes.byteOffset);

{
  using block: Block = pool.block(64, { zero: true });
  const inside: Uint8Array<ArrayBuffer> = block.bytes;
  const ints: Int32Array<ArrayBuffer> = block.as(Int32Array);
  console.log(inside, ints, block.pointer + block.size, block.freed);
}
const given: number = pool.allocMany(Uint32Array.of(8, 16), new Uint32Array(2), 64);
pool.freeMany(new Uint32Array(given));

const sink: TraceSink = { event: ({ kind, pointer, seq }) => console.log(kind, pointer + seq) };
pool.trace(sink);
pool.trace(null);
const env: WebAssembly.ModuleImports = { memory: pool.memory, ...pool.imports() };
const malloc: (...values: number[]) => number = pool.imports().malloc;
console.log(env, malloc(8));

const ring: TraceRing = createTraceRing({ capacity: 64 });
pool.trace({ ring });
for (const { kind, thread, tag } of ring.read(0)) console.log(kind, thread + tag, ring.dropped);

const common: Pool<SharedArrayBuffer> = Pool.shared({ size: 65536, tags: true });
const descriptor: PoolDescriptor = common.share();
const attached: Pool<SharedArrayBuffer> = Pool.attach(descriptor);
const shared: ViewOf<SharedArrayBuffer>['Int16Array'] = attached.allocArray(Int16Array, 4, {
  tag: 1,
});
attached.freeDeferred(shared.byteOffset);

const filled = pool.stats({ mine: 'kept' } as { mine: string; used?: number });
export const figures: [string, number, number] = [filled.mine, filled.used, filled.capacity];

// @ts-expect-error sizes are numbers
pool.alloc('16');
// @ts-expect-error a view needs a length beside its type
pool.view(8, Float32Array);
// @ts-expect-error unknown options are refused
new Pool({ sise: 1 });
// @ts-expect-error the constructor makes no shared pools
new Pool({ shared: true });
// @ts-expect-error shared pools are not resizable
Pool.shared({ resizable: true });
// @ts-expect-error views of shared memory have another type
const unshared: Uint8Array<ArrayBuffer> = attached.view(8);
console.log(unshared);
// @ts-expect-error pointers come as Uint32Array
pool.freeMany([8]);
// @ts-expect-error an array is reallocated by its view
pool.reallocArray(8, 16);
// @ts-expect-error an event is read, not changed
pool.trace({ event: (event) => void (event.seq = 0) });
// @ts-expect-error a DataView is no typed array
pool.allocArray(DataView, 4);

try {
  pool.alloc(1);
} catch (error) {
  if (isSegfitError(error) && error.code === 'ERR_SEGFIT_OUT_OF_MEMORY') {
    const { requested, largestFree } = error as unknown as OutOfMemoryError;
    console.error(requested, largestFree);
  }
}

declare const module: WebAssembly.Module;
const core: Core = instantiate(module, pool.memory, { event: (heap, kind) => void [heap, kind] });
export const reader = new HeapReader(pool, 64, core.layout);
