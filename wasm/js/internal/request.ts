// SPDX-License-Identifier: MIT
import type { AllocOptions } from '../public/pool_options.ts';
import { checkAlignment, checkOptions, checkSize, checkSwitch } from './arguments.ts';
import { rangeError } from './make_error.ts';

/** The options of an allocation, checked and complete. */
export interface Request {
  align: number;
  zero: boolean;
  tag: number | undefined;
}

const requestOptions = ['align', 'zero', 'tag'];

/** Checks the options of an allocation and fills in the defaults. */
export function requestOf(options: AllocOptions, usualAlign: number, usualZero: boolean): Request {
  checkOptions(options, requestOptions);
  const { align = usualAlign, zero = usualZero, tag } = options;
  checkAlignment(align);
  checkSwitch(zero, 'zero');
  if (tag !== undefined) {
    checkSize(tag, 'tag');
    if (tag > 255) {
      throw rangeError('ERR_SEGFIT_SIZE', `tag must be an integer from 0 to 255, not ${tag}`);
    }
  }
  return { align, zero, tag };
}
