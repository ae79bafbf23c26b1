// SPDX-License-Identifier: MIT
import { dispose } from '../internal/dispose.ts';
import { pointerError } from '../internal/make_error.ts';
import { freedFault } from '../generated/arena.ts';
import type { ViewOf } from './platform.ts';
import type { PoolHeap } from '../internal/pool_heap.ts';
import { elementSize, makeView, type TypedArrayConstructor, type ViewFor } from '../internal/views.ts';

/**
 * A block as an object that owns it, for `using`. Give it back through this object only: the pool's
 * free() and realloc() do not know of it.
 */
export interface Block<B extends ArrayBufferLike = ArrayBuffer> extends Disposable {
  /** Stays what it was when the block is freed. */
  readonly pointer: number;
  /** Bytes that were asked for. */
  readonly size: number;
  /** True after free(), and after the pool's reset() or destroy(). */
  readonly freed: boolean;
  /**
   * All bytes. The same view each time, until the pool grows; then another one.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if the block is freed.
   */
  readonly bytes: ViewOf<B>['Uint8Array'];
  /**
   * A new typed array of as many whole elements as `size` holds. Growth of the pool detaches it.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if the block is freed.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `type` is no typed array's constructor.
   */
  as<C extends TypedArrayConstructor>(type: C): ViewFor<C, B>;
  /**
   * Gives the block back. Constant time.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if it is freed already.
   */
  free(): void;
  /** The same as free(), and does nothing if the block is freed already. */
  [Symbol.dispose](): void;
}

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
