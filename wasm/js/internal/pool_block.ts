// SPDX-License-Identifier: MIT
import { freedFault } from '../generated/arena.ts';
import type { Block } from '../public/block.ts';
import type { ViewOf } from '../public/platform.ts';
import type { TypedArrayConstructor, ViewFor } from '../public/typed_arrays.ts';
import { dispose } from './dispose.ts';
import { pointerError } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';
import { elementSize, makeView } from './views.ts';

export class PoolBlock<B extends ArrayBufferLike> implements Block<B> {
  readonly pointer: number;
  readonly size: number;
  readonly #heap: PoolHeap;
  readonly #epoch: number;
  #freed = false;
  #bytes: ViewOf<B>['Uint8Array'] | undefined;

  constructor(heap: PoolHeap, pointer: number, size: number) {
    this.pointer = pointer;
    this.size = size;
    this.#heap = heap;
    this.#epoch = heap.epoch;
  }

  get freed(): boolean {
    return this.#freed || this.#epoch !== this.#heap.epoch;
  }

  get bytes(): ViewOf<B>['Uint8Array'] {
    this.#refuseFreed();
    const buffer = this.#heap.buffer() as B;
    if (this.#bytes === undefined || this.#bytes.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer, this.pointer, this.size);
    }
    return this.#bytes;
  }

  as<C extends TypedArrayConstructor>(type: C): ViewFor<C, B> {
    this.#refuseFreed();
    const length = Math.floor(this.size / elementSize(type));
    return makeView(type, this.#heap.buffer() as B, this.pointer, length);
  }

  free(): void {
    this.#refuseFreed();
    this.#heap.free(this.pointer);
    this.#freed = true;
  }

  [dispose](): void {
    if (!this.freed) this.free();
  }

  #refuseFreed(): void {
    this.#heap.live();
    if (this.freed) throw pointerError(freedFault, this.pointer);
  }
}
