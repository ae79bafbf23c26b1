// SPDX-License-Identifier: MIT
/** The memory that a heap costs at one moment, as a table of metrics. */
import { type Snapshot, summarizeFree } from './snapshot.ts';

export interface Metric {
  readonly name: string;
  /** The formula. */
  readonly formula: string;
  readonly values: readonly number[];
  /** Whether the values are shares, shown in percent. */
  readonly share: boolean;
  /** Which value is better. */
  readonly better: 'less' | 'more' | 'neither';
}

/** The input of the metrics: one heap at the shown moment. */
export interface Costs {
  readonly snapshot: Snapshot;
  /** Bytes that the program requested and holds. */
  readonly held: number;
  readonly guaranteed: number;
  /** Calls that returned NULL so far. */
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
  [
    costRow('surely served', 'the largest request that cannot fail', 'more'),
    ({ guaranteed }) => guaranteed,
  ],
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

/** Returns the index of the better value; −1 if they are equal or neither is better. */
export function betterOf({ values, better }: Metric): number {
  const [first, second] = values;
  if (first === undefined || second === undefined || first === second || better === 'neither') {
    return -1;
  }
  return first < second === (better === 'less') ? 0 : 1;
}
