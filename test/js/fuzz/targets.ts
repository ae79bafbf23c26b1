// SPDX-License-Identifier: MIT
/** The fuzz targets by name: inputs, and the property that must hold for each. */
import fc from 'fast-check';

import { calls, checkCalls } from './calls.ts';
import { checkImage, damage } from './images.ts';
import { checkTrace, traceText } from './traces.ts';

export const targets = {
  traces: fc.property(traceText, checkTrace),
  images: fc.property(damage, checkImage),
  calls: fc.property(calls, checkCalls),
} as const;

export { fc };
