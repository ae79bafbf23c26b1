// SPDX-License-Identifier: MIT
/**
 * Where a reader wants to go, as they write it: a call, an address, or a block of the program's.
 */
import { hex } from '../format.ts';
import { blockIndexAt } from '../heap/snapshot.ts';
import { neverEnded } from '../run/call_log.ts';
import { callAt, duration, secondsIn, timesOf } from '../run/call_times.ts';
import type { Store } from './store.ts';

/** Goes there; returns what is wrong with it, or ''. */
export function jump(store: Store, text: string): string {
  const wanted = text.trim().toLowerCase();
  if (/^[\d,]+$/.test(wanted)) {
    return toCall(store, Number(wanted.replaceAll(',', '')));
  }
  if (/^0x[0-9a-f]+$/.test(wanted)) {
    return toAddress(store, parseInt(wanted, 16));
  }
  if (/^#\d+$/.test(wanted)) {
    return toId(store, Number(wanted.slice(1)));
  }
  if (wanted.startsWith('t:')) {
    return toTime(store, wanted.slice(2).trim());
  }
  return 'A call is a number, an address begins with 0x, a block’s id with #, a time with t:.';
}

function toCall(store: Store, number: number): string {
  if (number > store.history.length) {
    return `This run has ${store.history.length} calls.`;
  }
  store.seek(number);
  return '';
}

/** To the last call that had been made by then. */
function toTime(store: Store, text: string): string {
  const times = timesOf(store.history.operations);
  if (times === null) {
    return 'This trace does not say when its calls were made.';
  }
  const time = secondsIn(text);
  if (time === null) {
    return `A time is written t:1.2s, t:340ms, t:5us; this is none: ${text}.`;
  }
  const end = times.at(-1)!;
  if (time > end) {
    return `This run takes ${duration(end)}.`;
  }
  store.seek(callAt(times, time));
  return '';
}

/** To the block there; if none ever lay there, says so. */
function toAddress(store: Store, address: number): string {
  const { blocks } = store.snapshot.value;
  const index = blockIndexAt(blocks, address);
  if (index < 0) {
    return `No block holds ${hex(address)} at this moment.`;
  }
  store.select(blocks.address[index]!);
  return '';
}

/** To the call that made the block, unless it is alive now: then it is selected. */
function toId(store: Store, id: number): string {
  const { operations, callLog } = store.history;
  const number = operations.findIndex((each) => each.kind !== 'free' && each.id === id) + 1;
  if (number === 0) {
    return `No call of this run makes a block with id ${id}.`;
  }
  const now = store.position.value.operation;
  if (number > now || (callLog.ended[number] ?? neverEnded) <= now) {
    store.seek(number);
  }
  store.select(store.world.blockOf(number));
  return '';
}
