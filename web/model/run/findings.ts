// SPDX-License-Identifier: MIT
/** Finds the worst moments of a run. */
import { bytes, counted, decimal } from '../format.ts';
import { flags, type CallLog } from './call_log.ts';

export interface Finding {
  readonly kind: 'peak' | 'null' | 'pieces' | 'growth' | 'request';
  readonly title: string;
  /** The call after which the moment is visible. */
  readonly call: number;
  readonly text: string;
}

/** With a smaller share of free bytes, a heap is full rather than fragmented. */
const enoughFree = 1 / 8;

/** Returns the first call at which `value` is largest; 0 if it is never above 0. */
function summit(callLog: CallLog, value: (call: number) => number): number {
  let [found, most] = [0, 0];
  for (let call = 1; call <= callLog.length; call++) {
    const here = value(call);
    if (here > most) {
      [found, most] = [call, here];
    }
  }
  return found;
}

function freeAt(callLog: CallLog, call: number): number {
  return callLog.capacity[call]! - callLog.used[call]!;
}

/** Returns the share of the free bytes beyond the guaranteed allocation. */
export function piecesAt(callLog: CallLog, call: number): number {
  const free = freeAt(callLog, call);
  return free === 0 ? 0 : 1 - callLog.largest[call]! / free;
}

function failuresOf(callLog: CallLog): { readonly first: number; readonly count: number } {
  let [first, count] = [0, 0];
  for (let call = callLog.length; call >= 1; call--) {
    if (callLog.has(call, flags.failed)) {
      [first, count] = [call, count + 1];
    }
  }
  return { first, count };
}

function requestAt(callLog: CallLog, call: number): number {
  const operation = callLog.operations[call - 1]!;
  return operation.kind === 'free' ? 0 : operation.size;
}

/** Returns the worst moments, the gravest first. */
export function findingsOf(callLog: CallLog): Finding[] {
  const { first, count } = failuresOf(callLog);
  const peak = summit(callLog, (call) => callLog.held[call]!);
  const pieces = summit(callLog, (call) =>
    freeAt(callLog, call) < callLog.capacity[call]! * enoughFree ? 0 : piecesAt(callLog, call),
  );
  const growth = summit(callLog, (call) => callLog.grown[call]!);
  const request = summit(callLog, (call) => requestAt(callLog, call));
  const all: Finding[] = [
    {
      kind: 'null',
      title: 'First NULL',
      call: first,
      text:
        `${bytes(first === 0 ? 0 : requestAt(callLog, first))} requested; ` +
        `${counted(count, 'failure')} in all`,
    },
    {
      kind: 'peak',
      title: 'Most held',
      call: peak,
      text: `${bytes(callLog.held[peak]!)}, in a heap of ${decimal(callLog.capacity[peak]!)}`,
    },
    {
      kind: 'pieces',
      title: 'Most fragmented',
      call: pieces,
      text:
        `${bytes(freeAt(callLog, pieces))} free, ` +
        `${decimal(callLog.largest[pieces]!)} guaranteed at once`,
    },
    {
      kind: 'growth',
      title: 'Grew most',
      call: growth,
      text: `by ${bytes(callLog.grown[growth]!)}`,
    },
    {
      kind: 'request',
      title: 'Largest request',
      call: request,
      text: bytes(request === 0 ? 0 : requestAt(callLog, request)),
    },
  ];
  return all.filter(({ call }) => call !== 0);
}
