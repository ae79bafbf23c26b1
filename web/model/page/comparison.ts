// SPDX-License-Identifier: MIT
/** The second heap to begin with. */
import { policies } from 'segfit/core';

import type { Settings } from '../run/settings.ts';
import type { Store } from './store.ts';

/** What differs most tellingly: the other search. */
export function otherSettings(settings: Settings): Settings {
  const policy = settings.policy === policies.stock ? policies.probe : policies.stock;
  return { ...settings, policy };
}

export function toggleComparison(store: Store): void {
  const compared = store.worlds.value.length > 1;
  const other = compared ? null : otherSettings(store.settings);
  void store.change(store.comparingWith(other));
}
