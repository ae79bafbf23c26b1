// SPDX-License-Identifier: MIT
/** Exports the result of each call for other programs: a table, and counters for Perfetto. */
import { flags, type CallLog } from '../model/run/call_log.ts';
import { timesOf } from '../model/run/call_times.ts';

const columns = [
  'call',
  'kind',
  'size',
  'result',
  'held',
  'used',
  'free',
  'sure',
  'grown',
  'seconds',
] as const;

function resultOf(callLog: CallLog, call: number): string {
  if (callLog.has(call, flags.failed)) {
    return 'NULL';
  }
  return callLog.has(call, flags.skipped) ? 'skipped' : 'ok';
}

/** Returns one line for each call, after a line of names. `seconds` is empty if unknown. */
export function callTableCsv(callLog: CallLog): string {
  const times = timesOf(callLog.operations);
  const lines = callLog.operations.map((operation, index) => {
    const call = index + 1;
    const used = callLog.used[call]!;
    return [
      call,
      operation.kind,
      operation.kind === 'free' ? '' : operation.size,
      resultOf(callLog, call),
      callLog.held[call]!,
      used,
      callLog.capacity[call]! - used,
      callLog.largest[call]!,
      callLog.grown[call]!,
      times?.[call] ?? '',
    ].join();
  });
  return `${[columns.join(), ...lines].join('\n')}\n`;
}

/**
 * Returns Chrome's trace events, which Perfetto opens: counters after each call, and a mark where
 * one failed or the heap grew. A call takes a microsecond there unless the trace has times.
 */
export function perfettoEvents(callLog: CallLog, title: string): string {
  const place = { pid: 1, tid: 1 };
  const events: object[] = [{ name: 'process_name', ph: 'M', ...place, args: { name: title } }];
  const count = (name: string, ts: number, args: object): void => {
    events.push({ name, ph: 'C', ts, pid: 1, args });
  };
  const times = timesOf(callLog.operations);
  for (let call = 0; call <= callLog.length; call++) {
    const ts = times === null ? call : times[call]! * 1e6;
    const used = callLog.used[call]!;
    const held = callLog.held[call]!;
    const free = callLog.capacity[call]! - used;
    count('heap', ts, { held, overhead: used - held, free });
    count('surely served', ts, { bytes: callLog.largest[call]! });
    if (callLog.has(call, flags.failed)) {
      events.push({ name: 'NULL', ph: 'i', s: 'g', ts, ...place });
    }
    if (callLog.has(call, flags.grew)) {
      const args = { bytes: callLog.grown[call]! };
      events.push({ name: 'grew', ph: 'i', s: 'g', ts, ...place, args });
    }
  }
  return `${JSON.stringify({ displayTimeUnit: 'ns', traceEvents: events })}\n`;
}
