// SPDX-License-Identifier: MIT
/**
 * The workload: a random slot out of twice as many as blocks are to live; an empty one is filled
 * with a block of a log-uniform size from 16 to 4096 bytes, a filled one is emptied.
 */
const OPERATIONS = 1 << 20;
const smallest = 16;
const largest = 4096;
/** Log-uniform sizes have this mean. */
const mean = (largest - smallest) / Math.log(largest / smallest);

/** Random numbers from 0 to 1 that a seed repeats. */
function randomFrom(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Slots and sizes of the operations, the same for all who take part. */
export function operationsOf(live, seed) {
  const random = randomFrom(seed);
  const slots = Uint32Array.from({ length: OPERATIONS }, () => Math.floor(random() * 2 * live));
  const span = Math.log(largest / smallest);
  const size = () => Math.floor(smallest * Math.exp(random() * span));
  return { slots, sizes: Uint32Array.from({ length: OPERATIONS }, size), live };
}

/** Room for all that lives, and for what lies between. */
const roomFor = (live) => Math.ceil((live * mean * 3) / 65536 + 4) * 65536;

/**
 * Functions of a contender's own, made from text. If there is a `now`, it is called around each
 * call.
 */
function loopOf({ alloc, free, empty }, timed) {
  const begin = timed ? 'const begin = now();' : '';
  const end = timed ? 'times[at - from] = now() - begin;' : '';
  const text = `return (t, held, slots, sizes, from, to, now, times) => {
    for (let at = from; at < to; at++) {
      const slot = slots[at];
      const size = sizes[at];
      const block = held[slot];
      ${begin}
      if (block === ${empty}) held[slot] = ${alloc};
      else { ${free}; held[slot] = ${empty}; }
      ${end}
    }
  }`;
  return new Function(text)();
}

/** A contender with its blocks in the middle of a workload. */
export class Run {
  #at = 0;

  constructor(contender, operations) {
    this.contender = contender;
    this.operations = operations;
    this.held = contender.held(2 * operations.live);
    this.t = contender.make(roomFor(operations.live));
    this.loop = loopOf(contender, false);
    this.timedLoop = loopOf(contender, true);
    this.#fill();
  }

  /** Half of the slots, without a free, which some take long for. */
  #fill() {
    const { live, sizes } = this.operations;
    const slots = Uint32Array.from({ length: live }, (_, index) => 2 * index);
    this.loop(this.t, this.held, slots, sizes, 0, live);
  }

  /** Calls `loop` for the next `count` operations; `count` must not be more than there are. */
  #next(count, call) {
    if (this.#at + count > OPERATIONS) this.#at = 0;
    const from = this.#at;
    this.#at += count;
    call(from, from + count);
  }

  /** Does `count` operations. */
  work(count) {
    const { slots, sizes } = this.operations;
    this.#next(count, (from, to) => this.loop(this.t, this.held, slots, sizes, from, to));
  }

  /** Does as many operations as `times` has room for, and writes how long each took. */
  time(times, now) {
    const { slots, sizes } = this.operations;
    this.#next(times.length, (from, to) =>
      this.timedLoop(this.t, this.held, slots, sizes, from, to, now, times),
    );
  }

  /** Blocks that live, and whether none was refused. */
  get live() {
    const empty = this.contender.empty === '0' ? 0 : null;
    return this.held.reduce((sum, block) => sum + (block !== empty), 0);
  }
}

export const most = OPERATIONS;
