// SPDX-License-Identifier: MIT
import { okFault } from '../generated/arena.ts';
import { pointerError, rangeError, tagOf, typeError, wrongType } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';
import { isDetached } from './views.ts';

export function allocMany(
  heap: PoolHeap,
  sizes: Uint32Array,
  out: Uint32Array,
  align: number,
): number {
  checkWords(sizes, 'sizes');
  checkWords(out, 'out');
  const count = sizes.length;
  if (out.length < count) {
    const message = `out has room for ${out.length} pointers, but there are ${count} sizes`;
    throw rangeError('ERR_SEGFIT_SIZE', message);
  }
  const from = movable(heap, sizes);
  const to = movable(heap, out);
  let made = 0;
  for (let index = 0; index < count; index++) {
    const pointer = heap.tryAlloc(from()[index] ?? 0, align);
    to()[index] = pointer;
    if (pointer !== 0) made++;
  }
  return made;
}

/**
 * Returns a function that returns `words`, remade if growth detached it. The array may lie in the
 * pool's own memory.
 */
function movable(heap: PoolHeap, words: Uint32Array): () => Uint32Array {
  if (words.buffer !== heap.buffer()) return () => words;
  const { byteOffset, length } = words;
  let current = words;
  return () => {
    const buffer = heap.buffer();
    if (current.buffer !== buffer) current = new Uint32Array(buffer, byteOffset, length);
    return current;
  };
}

export function freeMany(heap: PoolHeap, pointers: Uint32Array): void {
  checkWords(pointers, 'pointers');
  // A copy, since the array may lie in one of the freed blocks.
  const given = Uint32Array.from(pointers);
  for (const pointer of given) {
    const fault = pointer === 0 ? okFault : heap.faultOf(pointer);
    if (fault !== okFault) throw pointerError(fault, pointer);
  }
  const sorted = given.slice().sort();
  for (let index = 1; index < sorted.length; index++) {
    const pointer = sorted[index] ?? 0;
    if (pointer === 0 || pointer !== sorted[index - 1]) continue;
    const message = `pointer ${pointer} occurs twice in the array of pointers to free`;
    throw rangeError('ERR_SEGFIT_DOUBLE_FREE', message);
  }
  for (const pointer of given) heap.free(pointer);
}

function checkWords(value: Uint32Array, what: string): void {
  if (tagOf(value) !== 'Uint32Array') throw wrongType(what, 'a Uint32Array', value);
  if (isDetached(value.buffer)) {
    const why = 'because its memory grew or its buffer was transferred';
    const message = `${what} is detached ${why}; make a new view`;
    throw typeError('ERR_SEGFIT_DETACHED_VIEW', message);
  }
}
