// SPDX-License-Identifier: MIT
/**
 * Reads calls written as calls, with their results: Firefox's logalloc (`1 1 malloc(42)=#1`) and
 * ltrace (`[pid 7] prog->malloc(32) = 0x55…`). ltrace may divide a call in two when threads
 * alternate, and records times with `-r`, `-t`, `-tt` or `-ttt`.
 */
import type { Work } from '../model/work.ts';
import { alignIn, BadLine, numberIn, type TraceBuilder } from './trace_builder.ts';

const names =
  'malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|posix_memalign|valloc|pvalloc';
const call = new RegExp(`(?:^|[\\s>\\]])(${names})\\(([^()]*)\\)(?:\\s*=\\s*(\\S+))?`);
const begun = /(?:^|[\s>\]])(\w+)\(([^()]*?)\s*<unfinished \.\.\.>\s*$/;
const resumed = /<\.\.\. (\w+) resumed>\s*([^()]*)\)\s*=\s*(\S+)/;
const page = 4096;

type Take = (builder: TraceBuilder, given: readonly string[], result: string) => void;

const takes: Readonly<Record<string, Take>> = {
  malloc: (builder, [size], result) => builder.malloc(result, { size: numberIn(size) }),
  calloc: (builder, [count, size], result) =>
    builder.malloc(result, { size: numberIn(count) * numberIn(size), zero: true }),
  realloc: (builder, [old, size], result) => builder.realloc(old ?? '', result, numberIn(size)),
  reallocarray: (builder, [old, count, size], result) =>
    builder.realloc(old ?? '', result, numberIn(count) * numberIn(size)),
  free: (builder, [pointer]) => builder.free(pointer ?? ''),
  memalign: (builder, [align, size], result) =>
    builder.malloc(result, { size: numberIn(size), align: alignIn(align) }),
  valloc: (builder, [size], result) =>
    builder.malloc(result, { size: numberIn(size), align: page }),
};

function aligned(builder: TraceBuilder, given: readonly string[], result: string): void {
  // ltrace records where the pointer is stored, its alignment and its size, but not the pointer
  // itself.
  if (given.length > 2) {
    throw new BadLine('posix_memalign without the resulting address; ignored');
  }
  takes.memalign!(builder, given, result);
}

const all: Readonly<Record<string, Take>> = {
  ...takes,
  aligned_alloc: takes.memalign!,
  posix_memalign: aligned,
  pvalloc: takes.valloc!,
};

function take(
  builder: TraceBuilder,
  name: string,
  given: string,
  result: string | undefined,
): void {
  if (result === undefined && name !== 'free') {
    throw new BadLine(`${name} without a result`);
  }
  const values = given.split(',').map((each) => each.trim());
  all[name]!(builder, values, result ?? '');
}

/** Returns the thread of a line: `[pid 7]`, or logalloc's two numbers. */
function threadOf(line: string): string {
  return /^\[pid (\d+)\]/.exec(line)?.[1] ?? '';
}

const clock = /^(?:\[pid \d+\]\s*)?(?:(\d\d):(\d\d):(\d\d(?:\.\d+)?)|(\d+\.\d+))\s/;
const day = 24 * 60 * 60;

/** Smaller numbers of seconds are relative to the previous line, not to 1970. */
const leastEpoch = 1e8;

/** Returns the time of a line in seconds from any origin; `before` if the line has none. */
function timeOf(line: string, before: number | undefined): number | undefined {
  const [, hours, minutes, seconds, plain] = clock.exec(line) ?? [];
  if (plain !== undefined) {
    return Number(plain) + (Number(plain) < leastEpoch ? (before ?? 0) : 0);
  }
  if (hours === undefined) {
    return before;
  }
  const today = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const days = before === undefined ? 0 : Math.round((before - today) / day);
  return today + days * day;
}

export function isCall(line: string): boolean {
  return call.test(line) || begun.test(line) || resumed.test(line);
}

export function* readCalls(text: string, builder: TraceBuilder): Work<void> {
  const waiting = new Map<string, string>();
  yield* builder.readLines(text, (line) => {
    builder.time = timeOf(line, builder.time);
    const whole = call.exec(line);
    if (whole !== null) {
      take(builder, whole[1]!, whole[2]!, whole[3]);
      return;
    }
    const first = begun.exec(line);
    const thread = threadOf(line);
    if (first !== null && first[1]! in all) {
      waiting.set(`${thread} ${first[1]}`, first[2]!);
      return;
    }
    const second = resumed.exec(line);
    if (second !== null && second[1]! in all) {
      const key = `${thread} ${second[1]}`;
      take(builder, second[1]!, (waiting.get(key) ?? '') + second[2]!, second[3]);
      waiting.delete(key);
    }
  });
}
