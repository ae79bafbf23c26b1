// SPDX-License-Identifier: MIT
import type { ViewOf } from './platform.ts';
import type { TypedArrayConstructor, ViewFor } from './typed_arrays.ts';

/**
 * An object that owns a block, for `using`. Free the block through this object only: the pool's
 * free() and realloc() do not update the object.
 */
export interface Block<B extends ArrayBufferLike = ArrayBuffer> extends Disposable {
  /** Keeps its value after the block is freed. */
  readonly pointer: number;
  /** The requested size in bytes. */
  readonly size: number;
  /** True after free(), and after the pool's reset() or destroy(). */
  readonly freed: boolean;
  /**
   * All bytes. The same view each time until the pool grows, then a new one.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if the block is freed.
   */
  readonly bytes: ViewOf<B>['Uint8Array'];
  /**
   * Returns a new typed array of as many whole elements as `size` holds. Growth of the pool
   * detaches it.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if the block is freed.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `type` is not the constructor of a typed array.
   */
  as<C extends TypedArrayConstructor>(type: C): ViewFor<C, B>;
  /**
   * Frees the block. Constant time.
   *
   * @throws {RangeError} `ERR_SEGFIT_DOUBLE_FREE` if the block is already freed.
   */
  free(): void;
  /** Frees the block, or does nothing if it is already freed. */
  [Symbol.dispose](): void;
}
