// SPDX-License-Identifier: MIT
/**
 * Reads glibc's mtrace: `@ caller + 0xptr 0xsize`, `- 0xptr`. A realloc is the lines `<` and `>`.
 */
import type { Work } from '../model/work.ts';
import { BadLine, numberIn, type TraceBuilder } from './trace_builder.ts';

const record = /^(?:@ (.+?) )?([-+<>!]) (0x[0-9a-f]+|\(nil\))(?: (0x[0-9a-f]+))?$/i;

export function isMtrace(line: string): boolean {
  return line === '= Start' || line === '= End' || /^@ .+? [-+<>!] 0x/.test(line);
}

export function* readMtrace(text: string, builder: TraceBuilder): Work<void> {
  let old = '';
  yield* builder.readLines(text, (line) => {
    if (line.startsWith('=')) {
      return;
    }
    const [, caller, sign, pointer, size] = record.exec(line) ?? [];
    if (sign === undefined || pointer === undefined) {
      throw new BadLine('not a record of an allocation');
    }
    const site = siteOf(caller);
    switch (sign) {
      case '+':
        return builder.malloc(pointer, { size: numberIn(size), site });
      case '-':
        return builder.free(pointer);
      case '<':
        old = pointer;
        return undefined;
      case '>':
        return builder.realloc(old, pointer, numberIn(size), site);
      case '!':
        throw new BadLine(
          `a realloc of ${numberIn(size)} bytes failed in the recorded program; ignored`,
        );
    }
  });
}

/** `./prog:(main+0x1e)[0x4011]` without the address behind it. */
function siteOf(caller: string | undefined): string | undefined {
  return caller?.replace(/^.*\//, '').replace(/:?\[0x[0-9a-f]+\]$/i, '') || caller;
}
