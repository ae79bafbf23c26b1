// SPDX-License-Identifier: MIT
import { checkOptions, checkSize, checkSwitch } from '../internal/arguments.ts';
import { rangeError } from '../internal/make_error.ts';
import { Ring } from '../internal/ring.ts';
import type { TraceRing } from './trace.ts';

export interface TraceRingOptions {
  /** How many events it holds, 32 bytes each. Default: 1024. */
  capacity?: number;
  /**
   * A ring is shared where its pool is. With true, a pool that is not shared refuses the ring; with
   * false, a shared one. Default: any pool takes it.
   */
  shared?: boolean;
}

/**
 * A ring for Pool.trace(), which takes a block of the pool for it. A pool has one ring; a second
 * one bound to the pool, in another thread too, reads the same events.
 *
 * @throws {RangeError} `ERR_SEGFIT_SIZE` for a capacity that is none, 0 included.
 */
export function createTraceRing(options: TraceRingOptions = {}): TraceRing {
  checkOptions(options, ['capacity', 'shared']);
  const { capacity = 1024, shared } = options;
  checkSize(capacity, 'capacity');
  checkSwitch(shared, 'shared');
  if (capacity === 0 || capacity > 2 ** 26) {
    throw rangeError('ERR_SEGFIT_SIZE', `a ring of ${capacity} events cannot be`);
  }
  return new Ring(capacity, shared);
}
