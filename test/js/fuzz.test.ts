// SPDX-License-Identifier: MIT
/** The short form of `npm run fuzz:js`. A failure names its seed; `SEED=` repeats it. */
import { test } from '@jest/globals';

import { fc, targets } from './fuzz/targets.ts';
import { seed } from './helpers.ts';

const runs = { traces: 1000, images: 1000, calls: 60 };

test.each(Object.entries(targets))('%s', (name, property) => {
  fc.assert(property as fc.IProperty<unknown>, { seed, numRuns: runs[name as keyof typeof runs] });
});
