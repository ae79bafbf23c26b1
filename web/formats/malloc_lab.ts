// SPDX-License-Identifier: MIT
/**
 * Reads and writes the malloc lab's `.rep`: four numbers, of which the third counts the calls, then
 * `a id bytes`, `r id bytes`, `f id`. A reallocated block keeps its id.
 */
import type { Operation } from '../model/run/operation.ts';
import type { Work } from '../model/work.ts';
import { BadLine, numberIn, type TraceBuilder } from './trace_builder.ts';

export function isRep(line: string): boolean {
  return /^(\d+|[ar] \d+ \d+|f -?\d+)$/.test(line);
}

export function* readRep(text: string, builder: TraceBuilder): Work<void> {
  yield* builder.readLines(text, (line) => {
    const [sign, id, size] = line.split(/\s+/);
    const name = `id ${id}`;
    if (sign === 'a') {
      builder.malloc(name, { size: numberIn(size) });
    } else if (sign === 'r') {
      builder.realloc(name, name, numberIn(size));
    } else if (sign === 'f') {
      builder.free(id === '-1' ? '' : name);
    } else if (!/^\d+$/.test(line)) {
      throw new BadLine('the line begins with none of a, r and f');
    }
  });
}

/**
 * Writes operations for `readRep`. The format has no alignment and no zeroing. `heap` is the
 * suggested heap size in bytes.
 */
export function writeRep(operations: readonly Operation[], heap: number): string {
  const names = new Map<number, number>();
  let count = 0;
  const lines = operations.map((operation) => {
    switch (operation.kind) {
      case 'malloc':
        names.set(operation.id, count);
        return `a ${count++} ${operation.size}`;
      case 'realloc': {
        const name = names.get(operation.oldId) ?? count++;
        names.set(operation.id, name);
        return `r ${name} ${operation.size}`;
      }
      case 'free':
        return `f ${names.get(operation.id) ?? -1}`;
    }
  });
  return `${[heap, count, lines.length, 1, ...lines].join('\n')}\n`;
}
