// SPDX-License-Identifier: MIT
/** The initial second heap of a comparison. */
import { policies } from 'segfit/core';

import type { Settings } from '../run/settings.ts';
import type { Store } from './store.ts';

/** Returns the same settings with the other search policy, which shows the clearest difference. */
export function otherSettings(settings: Settings): Settings {
  const policy = settings.policy === policies.stock ? policies.probe : policies.stock;
  return { ...settings, policy };
}

export function toggleComparison(store: Store): void {
  const compared = store.worlds.value.length > 1;
  const other = compared ? null : otherSettings(store.settings);
  void store.change(store.comparingWith(other));
}
