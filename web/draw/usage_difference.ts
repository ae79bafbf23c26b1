// SPDX-License-Identifier: MIT
/** Two heaps compared: which bytes only one of them uses, and what both cost. */
import { isFree, type Snapshot, summarizeFree } from '../model/heap/snapshot.ts';
import type { Tape } from './map_layout.ts';

/** Per pixel the share of its bytes that both use, that only the first uses, only the second. */
export interface Difference {
  readonly both: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Used bytes per pixel of one heap: an exact share each. */
function usedShares(snapshot: Snapshot, tape: Tape): [number, number][] {
  const { blocks } = snapshot;
  const spans: [number, number][] = [];
  for (let index = 0; index < blocks.count; index++) {
    if (isFree(snapshot, index)) {
      continue;
    }
    const begin = Math.max(blocks.address[index]!, tape.begin);
    const end = Math.min(blocks.address[index]! + blocks.size[index]!, tape.end);
    const last = spans.at(-1);
    if (last !== undefined && last[1] === begin) {
      last[1] = end;
    } else if (begin < end) {
      spans.push([begin, end]);
    }
  }
  return spans;
}

function add(shares: Float32Array, tape: Tape, begin: number, end: number): void {
  const from = (begin - tape.begin) / tape.bytesPerPixel;
  const to = (end - tape.begin) / tape.bytesPerPixel;
  for (let pixel = Math.floor(from); pixel < to && pixel < shares.length; pixel++) {
    shares[pixel]! += Math.min(to, pixel + 1) - Math.max(from, pixel);
  }
}

export function differenceOf(left: Snapshot, right: Snapshot, tape: Tape): Difference {
  const pixels = tape.width * tape.lines;
  const [both, first, second] = [0, 1, 2].map(() => new Float32Array(pixels));
  const [a, b] = [usedShares(left, tape), usedShares(right, tape)];
  const edges = [...new Set([...a.flat(), ...b.flat()])].sort((x, y) => x - y);
  let [i, j] = [0, 0];
  edges.forEach((begin, at) => {
    const end = edges[at + 1] ?? begin;
    while (i < a.length && a[i]![1] <= begin) {
      i++;
    }
    while (j < b.length && b[j]![1] <= begin) {
      j++;
    }
    const inA = i < a.length && a[i]![0] <= begin;
    const inB = j < b.length && b[j]![0] <= begin;
    if (inA || inB) {
      add(inA && inB ? both! : inA ? first! : second!, tape, begin, end);
    }
  });
  return { both: both!, first: first!, second: second! };
}

export interface Metric {
  readonly name: string;
  /** How it is computed. */
  readonly formula: string;
  readonly values: readonly number[];
  /** Whether it is a share, shown in percent. */
  readonly share: boolean;
  /** Whether less is better, more is, or neither. */
  readonly better: 'less' | 'more' | 'neither';
}

/** What a world costs at the moment shown. */
export interface Costs {
  readonly snapshot: Snapshot;
  /** Bytes that the program asked for and holds. */
  readonly held: number;
  readonly sure: number;
  /** Calls answered by NULL so far. */
  readonly failures: number;
}

function costRow(
  name: string,
  formula: string,
  better: Metric['better'],
  share = false,
): Omit<Metric, 'values'> {
  return { name, formula, better, share };
}

const rows: readonly [Omit<Metric, 'values'>, (costs: Costs) => number][] = [
  [
    costRow('heap', 'all bytes between its beginning and its end', 'less'),
    ({ snapshot }) => snapshot.end - snapshot.begin,
  ],
  [
    costRow('in used blocks', 'with headers and rounding', 'less'),
    ({ snapshot }) => snapshot.statistics.used,
  ],
  [
    costRow('headers and rounding', 'used blocks − what was asked for', 'less'),
    ({ snapshot, held }) => snapshot.statistics.used - held,
  ],
  [
    costRow('allocator’s own', 'heap − all blocks', 'less'),
    ({ snapshot }) => snapshot.end - snapshot.begin - snapshot.statistics.capacity,
  ],
  [costRow('free', 'all free blocks', 'neither'), ({ snapshot }) => summarizeFree(snapshot).total],
  [
    costRow('free pieces', 'number of free blocks', 'less'),
    ({ snapshot }) => summarizeFree(snapshot).count,
  ],
  [
    costRow('largest free block', 'its header included', 'more'),
    ({ snapshot }) => summarizeFree(snapshot).largest,
  ],
  [costRow('surely served', 'the largest request that cannot fail', 'more'), ({ sure }) => sure],
  [
    costRow('fragmentation', '1 − largest free block ÷ all free', 'less', true),
    ({ snapshot }) => {
      const { total, largest } = summarizeFree(snapshot);
      return total === 0 ? 0 : 1 - largest / total;
    },
  ],
  [costRow('calls answered by NULL', 'so far', 'less'), ({ failures }) => failures],
  [
    costRow('peak in use', 'the most that used blocks ever took', 'less'),
    ({ snapshot }) => snapshot.statistics.peakUsed,
  ],
];

export function metricsOf(worlds: readonly Costs[]): Metric[] {
  return rows.map(([row, measure]) => ({ ...row, values: worlds.map(measure) }));
}

/** Which of the values is the better one, −1 if they are equal or it makes no difference. */
export function betterOf({ values, better }: Metric): number {
  const [first, second] = values;
  if (first === undefined || second === undefined || first === second || better === 'neither') {
    return -1;
  }
  return first < second === (better === 'less') ? 0 : 1;
}
