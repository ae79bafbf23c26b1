// SPDX-License-Identifier: MIT
/**
 * Reads heaptrack, unpacked. Raw: `+ size trace pointer`, `- pointer`. Interpreted: `a size trace`
 * defines a kind of allocation, `+ kind`, `- kind`; addresses are lost there, so a free ends the
 * oldest block of its kind. `c milliseconds` is the time. All numbers are hexadecimal.
 */
import type { Work } from '../model/work.ts';
import { BadLine, type TraceBuilder } from './trace_builder.ts';

export function isHeaptrack(line: string): boolean {
  return (
    /^v [0-9a-f]+( [0-9a-f]+)?$/.test(line) ||
    /^\+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+$/.test(line) ||
    /^[ta] [0-9a-f]+ [0-9a-f]+/.test(line) ||
    /^X \//.test(line)
  );
}

function hexIn(text: string | undefined): number {
  if (text === undefined || !/^[0-9a-f]+$/.test(text)) {
    throw new BadLine('a number is missing');
  }
  return parseInt(text, 16);
}

interface Kind {
  readonly size: number;
  readonly site: string;
  /** Names of its live blocks, the oldest first. */
  readonly live: string[];
  made: number;
}

export function* readHeaptrack(text: string, builder: TraceBuilder): Work<void> {
  const kinds: Kind[] = [];
  const kindOf = (text: string | undefined): Kind => {
    const kind = kinds[hexIn(text)];
    if (kind === undefined) {
      throw new BadLine('an undefined kind of allocation');
    }
    return kind;
  };
  yield* builder.readLines(text, (line) => {
    const [sign, first, second, third] = line.split(' ');
    if (sign === 'a') {
      const site = `trace ${second}`;
      kinds.push({ size: hexIn(first), site, live: [], made: 0 });
    } else if (sign === '+' && third !== undefined) {
      const name = `0x${third}`;
      builder.malloc(name, { size: hexIn(first), site: `trace ${second}` });
    } else if (sign === '+') {
      const kind = kindOf(first);
      const name = `${first} ${kind.made++}`;
      kind.live.push(name);
      builder.malloc(name, { size: kind.size, site: kind.site });
    } else if (sign === 'c') {
      builder.time = hexIn(first) / 1000;
    } else if (sign === '-' && kinds.length === 0) {
      hexIn(first);
      builder.free(`0x${first}`);
    } else if (sign === '-') {
      builder.free(kindOf(first).live.shift() ?? `kind ${first}`);
    }
  });
}
