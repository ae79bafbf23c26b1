// SPDX-License-Identifier: MIT
/** Reads a trace of any supported format; the content determines the format. */
import { finish, type Work } from '../model/work.ts';
import { readingHeapl, type ReadResult } from './heapl.ts';
import { isHeaptrack, readHeaptrack } from './heaptrack.ts';
import { isCall, readCalls } from './logalloc_ltrace.ts';
import { isRep, readRep } from './malloc_lab.ts';
import { isReplay, readReplay } from './memory_replay.ts';
import { isMtrace, readMtrace } from './mtrace.ts';
import { TraceBuilder } from './trace_builder.ts';

export interface ReadTrace extends ReadResult {
  /** The name of the format, or '' if it is not supported. */
  readonly format: string;
}

interface Format {
  readonly name: string;
  readonly is: (line: string) => boolean;
  readonly read: (text: string) => Work<ReadResult>;
}

function byAddress(read: (text: string, builder: TraceBuilder) => Work<void>): Format['read'] {
  return function* (text) {
    const builder = new TraceBuilder();
    yield* read(text, builder);
    const { operations, warnings } = builder;
    return { trace: { title: '', meta: {}, operations }, warnings };
  };
}

const formats: readonly Format[] = [
  { name: '.heapl', is: (line) => /^\{.*"op"/.test(line), read: readingHeapl },
  { name: 'malloc lab .rep', is: isRep, read: byAddress(readRep) },
  { name: 'Android memory_replay', is: isReplay, read: byAddress(readReplay) },
  { name: 'mtrace', is: isMtrace, read: byAddress(readMtrace) },
  { name: 'heaptrack', is: isHeaptrack, read: byAddress(readHeaptrack) },
  { name: 'logalloc or ltrace', is: isCall, read: byAddress(readCalls) },
];

/** The names of all supported formats. */
export const formatNames = formats.map(({ name }) => name).join(', ');

/** The number of lines that determine the format. */
const looked = 200;

/** Compressed formats by their first bytes. */
const packed: readonly (readonly [number[], string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0xfd, 0x37, 0x7a], 'xz'],
  [[0x50, 0x4b, 3, 4], 'zip'],
];

function formatOf(text: string): Format | null {
  const lines = text
    .slice(0, 64 * looked)
    .split('\n')
    .slice(0, looked)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const counts = formats.map(({ is }) => lines.filter(is).length);
  const most = Math.max(...counts);
  // In ltrace's output most lines may be other calls. A file of another kind has no matching line.
  return most === 0 ? null : formats[counts.indexOf(most)]!;
}

/** Reads text. Never throws for its content. */
export function* readingTrace(text: string): Work<ReadTrace> {
  const format = formatOf(text);
  return format === null
    ? { trace: { title: '', meta: {}, operations: [] }, warnings: [], format: '' }
    : { ...(yield* format.read(text)), format: format.name };
}

/** Same as readingTrace(), without pauses. */
export const readTrace = (text: string): ReadTrace => finish(readingTrace(text));

/**
 * Returns the text of a file, unpacked if it is compressed with gzip.
 *
 * @throws {Error} for other kinds of compression.
 */
export async function textOf(file: Blob): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const other = packed.find(([bytes]) => bytes.every((byte, at) => head[at] === byte));
  if (other !== undefined) {
    throw new Error(`packed with ${other[1]}, which browsers cannot unpack; unpack it first`);
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    return file.text();
  }
  const stream = file.stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
