// SPDX-License-Identifier: MIT
import type { Store } from '../model/page/store.ts';

/**
 * The minimum interval, in milliseconds, between redraws of a panel that examines the whole heap.
 */
const interval = 500;
/** Limits the redraws of a panel while a run plays. */
export class RedrawThrottle {
  /** With more blocks than this, the panel is redrawn only while the run is paused. */
  static readonly most = 5000;
  #drawn = -Infinity;

  allows(store: Store, blocks: number): boolean {
    const now = performance.now();
    const early =
      now - this.#drawn < interval || (blocks > RedrawThrottle.most && this.#drawn > -Infinity);
    if (store.playing.value && early) return false;
    this.#drawn = now;
    return true;
  }
}
