// SPDX-License-Identifier: MIT
/** Where to look first in a run that somebody brings: its worst moments. */
import { bytes, counted, decimal } from '../format.ts';
import { flags, type Ledger } from './call_log.ts';

export interface Finding {
  readonly kind: 'peak' | 'null' | 'pieces' | 'growth' | 'request';
  readonly title: string;
  /** The call after which it shows. */
  readonly call: number;
  readonly text: string;
}

/** A heap with less than this share free is not in pieces but full. */
const enoughFree = 1 / 8;

/** The first call at which `value` is largest; 0 if it never is more than 0. */
function summit(ledger: Ledger, value: (call: number) => number): number {
  let [found, most] = [0, 0];
  for (let call = 1; call <= ledger.length; call++) {
    const here = value(call);
    if (here > most) {
      [found, most] = [call, here];
    }
  }
  return found;
}

function freeAt(ledger: Ledger, call: number): number {
  return ledger.capacity[call]! - ledger.used[call]!;
}

/** The share of what is free that is not surely to be had at once. */
export function piecesAt(ledger: Ledger, call: number): number {
  const free = freeAt(ledger, call);
  return free === 0 ? 0 : 1 - ledger.largest[call]! / free;
}

function failuresOf(ledger: Ledger): { readonly first: number; readonly count: number } {
  let [first, count] = [0, 0];
  for (let call = ledger.length; call >= 1; call--) {
    if (ledger.has(call, flags.failed)) {
      [first, count] = [call, count + 1];
    }
  }
  return { first, count };
}

function requestAt(ledger: Ledger, call: number): number {
  const operation = ledger.operations[call - 1]!;
  return operation.kind === 'free' ? 0 : operation.size;
}

/** What stands out, the gravest first; what did not happen is left out. */
export function findingsOf(ledger: Ledger): Finding[] {
  const { first, count } = failuresOf(ledger);
  const peak = summit(ledger, (call) => ledger.held[call]!);
  const pieces = summit(ledger, (call) =>
    freeAt(ledger, call) < ledger.capacity[call]! * enoughFree ? 0 : piecesAt(ledger, call),
  );
  const growth = summit(ledger, (call) => ledger.grown[call]!);
  const request = summit(ledger, (call) => requestAt(ledger, call));
  const all: Finding[] = [
    {
      kind: 'null',
      title: 'First NULL',
      call: first,
      text:
        `${bytes(first === 0 ? 0 : requestAt(ledger, first))} asked for; ` +
        `${counted(count, 'failure')} in all`,
    },
    {
      kind: 'peak',
      title: 'Most held',
      call: peak,
      text: `${bytes(ledger.held[peak]!)}, in a heap of ${decimal(ledger.capacity[peak]!)}`,
    },
    {
      kind: 'pieces',
      title: 'Most in pieces',
      call: pieces,
      text:
        `${bytes(freeAt(ledger, pieces))} free, ` +
        `${decimal(ledger.largest[pieces]!)} sure at once`,
    },
    {
      kind: 'growth',
      title: 'Grew most',
      call: growth,
      text: `by ${bytes(ledger.grown[growth]!)}`,
    },
    {
      kind: 'request',
      title: 'Largest request',
      call: request,
      text: bytes(request === 0 ? 0 : requestAt(ledger, request)),
    },
  ];
  return all.filter(({ call }) => call !== 0);
}
