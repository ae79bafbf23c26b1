// SPDX-License-Identifier: MIT
/** Parses a target to go to: a call, an address, a block's id, or a time. */
import { hex } from '../format.ts';
import { blockIndexAt } from '../heap/snapshot.ts';
import { neverEnded } from '../run/call_log.ts';
import { callAt, duration, secondsIn, timesOf } from '../run/call_times.ts';
import type { Store } from './store.ts';

/** Goes to the target. Returns an error message, or ''. */
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

/** Goes to the last call made at or before the time. */
function toTime(store: Store, text: string): string {
  const times = timesOf(store.history.operations);
  if (times === null) {
    return 'This trace does not say when its calls were made.';
  }
  const time = secondsIn(text);
  if (time === null) {
    return `A time is written t:1.2s, t:340ms, t:5us; not ${text}.`;
  }
  const end = times.at(-1)!;
  if (time > end) {
    return `This run takes ${duration(end)}.`;
  }
  store.seek(callAt(times, time));
  return '';
}

/** Selects the block that contains the address. */
function toAddress(store: Store, address: number): string {
  const { blocks } = store.snapshot.value;
  const index = blockIndexAt(blocks, address);
  if (index < 0) {
    return `No block holds ${hex(address)} at this moment.`;
  }
  store.select(blocks.address[index]!);
  return '';
}

/** Selects the block with that id, and goes to the call that made it if it is not alive now. */
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
