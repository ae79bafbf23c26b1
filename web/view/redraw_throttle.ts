// SPDX-License-Identifier: MIT
import type { Store } from '../model/page/store.ts';

/** While a run plays, the most often that what asks about the whole heap is drawn, in milliseconds. */
const interval = 500;
/** Says when a panel that is not for every frame of a run that plays may draw: first of all, and now and then. */
export class RedrawThrottle {
  /** With more blocks than this it waits until the run rests. */
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
