// SPDX-License-Identifier: MIT
import { checkOptions, checkSize, checkSwitch } from '../internal/arguments.ts';
import { rangeError } from '../internal/make_error.ts';
import { Ring } from '../internal/ring.ts';
import type { TraceRing } from './trace.ts';

export interface TraceRingOptions {
  /** How many events the ring holds, 32 bytes each. Default: 1024. */
  capacity?: number;
  /**
   * A ring is shared if its pool is. If true, a pool that is not shared refuses the ring; if false,
   * a shared pool does. Default: any pool accepts it.
   */
  shared?: boolean;
}

/**
 * Makes a ring for Pool.trace(), which allocates a block of the pool for it. A pool has one ring; a
 * second one bound to the pool, even in another thread, reads the same events.
 *
 * @throws {RangeError} `ERR_SEGFIT_SIZE` if the capacity is not an integer from 1 to 2²⁶.
 */
export function createTraceRing(options: TraceRingOptions = {}): TraceRing {
  checkOptions(options, ['capacity', 'shared']);
  const { capacity = 1024, shared } = options;
  checkSize(capacity, 'capacity');
  checkSwitch(shared, 'shared');
  if (capacity === 0 || capacity > 2 ** 26) {
    throw rangeError(
      'ERR_SEGFIT_SIZE',
      `capacity must be an integer from 1 to 67108864, not ${capacity}`,
    );
  }
  return new Ring(capacity, shared);
}
