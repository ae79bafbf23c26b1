// SPDX-License-Identifier: MIT
/** Short programs, written as sequences of calls. */
import type { Operation } from '../model/run/operation.ts';

/**
 * Records calls, and numbers blocks by the calls that make them, so that a chapter can refer to
 * "block 3".
 */
export class CallScript {
  readonly operations: Operation[] = [];

  /** Adds a malloc. Returns the block's number, which is that of the call. */
  malloc(size: number): number {
    const id = this.operations.length + 1;
    this.operations.push({ kind: 'malloc', id, size, align: 0, zero: false });
    return id;
  }

  mallocs(...sizes: readonly number[]): number[] {
    return sizes.map((size) => this.malloc(size));
  }

  free(...ids: readonly number[]): this {
    ids.forEach((id) => this.operations.push({ kind: 'free', id }));
    return this;
  }
}
