// SPDX-License-Identifier: MIT
/** Operations that a program could make, for property tests. */
import fc from 'fast-check';

import type { Operation } from '../../web/model/run/operation.ts';
import { calloc, malloc, realloc, release } from './real.ts';

const sizes = fc.oneof(fc.nat(64), fc.nat(600), fc.nat(20_000));

interface Choice {
  readonly choice: number;
  readonly size: number;
  readonly which: number;
}

function allocation(choice: number, size: number): Operation {
  if (choice === 0) {
    return malloc(size, 64);
  }
  return choice === 1 ? calloc(size) : malloc(size);
}

function programOf(steps: readonly Choice[]): Operation[] {
  const operations: Operation[] = [];
  const live: Operation[] = [];
  for (const { choice, size, which } of steps) {
    const at = which % Math.max(live.length, 1);
    if (choice < 5 || live.length === 0) {
      operations.push(allocation(choice, size));
      live.push(operations.at(-1)!);
    } else if (choice < 8) {
      operations.push(release(live.splice(at, 1)[0]!));
    } else {
      operations.push(realloc(live[at]!, size));
      live[at] = operations.at(-1)!;
    }
  }
  return operations;
}

export const programs = fc
  .array(fc.record({ choice: fc.nat(9), size: sizes, which: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 80,
  })
  .map(programOf);
