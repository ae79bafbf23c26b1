// SPDX-License-Identifier: MIT
import type { ViewOf } from './platform.ts';
import type { TypedArrayConstructor, ViewFor } from './typed_arrays.ts';

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
