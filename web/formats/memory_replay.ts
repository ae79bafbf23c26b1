// SPDX-License-Identifier: MIT
/**
 * Reads Android's memory_replay, which malloc_debug's record_allocs writes: `9915: malloc 0x74fa
 * 40`. Newer files append the begin and end of the call in nanoseconds.
 */
import type { Work } from '../model/work.ts';
import { alignIn, BadLine, numberIn, type TraceBuilder } from './trace_builder.ts';

const record = /^(\d+): (malloc|calloc|realloc|memalign|free|thread_done)\s+(.*)$/;

/** The number of values behind the pointer. */
const values: Readonly<Record<string, number>> = {
  malloc: 1,
  calloc: 2,
  realloc: 2,
  memalign: 2,
  free: 0,
};

/** Returns the begin of the call in seconds, from the fields behind the values. */
function timeOf([begin, end]: readonly string[]): number | undefined {
  return end === undefined ? undefined : Number(begin) / 1e9 || undefined;
}

export function isReplay(line: string): boolean {
  return record.test(line);
}

export function* readReplay(text: string, builder: TraceBuilder): Work<void> {
  yield* builder.readLines(text, (line) => {
    const [, , name, rest] = record.exec(line) ?? [];
    if (name === undefined) {
      throw new BadLine('not a record of an allocation');
    }
    const [pointer = '', ...given] = rest!.split(/\s+/);
    const [first, second] = given;
    builder.time = timeOf(given.slice(values[name]));
    switch (name) {
      case 'malloc':
        return builder.malloc(pointer, { size: numberIn(first) });
      case 'calloc':
        return builder.malloc(pointer, { size: numberIn(first) * numberIn(second), zero: true });
      case 'realloc':
        return builder.realloc(first ?? '', pointer, numberIn(second));
      case 'memalign':
        return builder.malloc(pointer, { size: numberIn(second), align: alignIn(first) });
      case 'free':
        return builder.free(pointer);
    }
  });
}
