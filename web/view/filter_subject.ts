// SPDX-License-Identifier: MIT
/** Returns the subject of a filter: the world and the run that a panel shows. */
import type { FilterSubject } from '../model/page/block_filter.ts';
import { Store } from '../model/page/store.ts';
import type { Panel } from './dom.ts';

export function filterSubjectOf({ store, world }: Panel): FilterSubject {
  return store instanceof Store
    ? { world, operations: store.history.operations, now: store.position.value.operation }
    : { world };
}
