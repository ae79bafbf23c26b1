// SPDX-License-Identifier: MIT
/** Explains why a request returned NULL, and what would have succeeded. */
import { policies } from 'segfit/core';

import { bytes, counted, decimal } from '../format.ts';
import type { Classes } from '../heap/classes.ts';
import { isFree, type Snapshot, summarizeFree } from '../heap/snapshot.ts';

export type Cause = 'too large' | 'full' | 'fragmented' | 'missed' | 'padded';

/** A used block that would make room if freed. */
export interface Pin {
  readonly header: number;
  readonly size: number;
  /** The size of the hole after freeing it, with its free neighbours. */
  readonly hole: number;
}

export interface Failure {
  readonly request: number;
  /** The block size that the request needs; 0 if the heap cannot have such a large block. */
  readonly wanted: number;
  readonly cause: Cause;
  readonly title: string;
  readonly sentence: string;
  /** The guaranteed allocation. */
  readonly smaller: number;
  /** Used blocks that prevent a large enough hole, the smallest first. */
  readonly pins: readonly Pin[];
}

export interface Request {
  readonly request: number;
  /** 0 for the default alignment. */
  readonly align: number;
}

const mostPins = 3;

/**
 * Returns the used blocks that, freed alone, leave a hole of at least `wanted` bytes, the smallest
 * first.
 */
export function pinsOf(snapshot: Snapshot, wanted: number): Pin[] {
  const { blocks, layout, pools } = snapshot;
  const ends = new Set(pools.map(({ end }) => end));
  const freeSize = (index: number): number =>
    index >= 0 && index < blocks.count && isFree(snapshot, index) ? blocks.size[index]! : 0;
  const pins: Pin[] = [];
  for (let index = 0; index < blocks.count; index++) {
    if (isFree(snapshot, index)) {
      continue;
    }
    const header = blocks.address[index]!;
    const size = blocks.size[index]!;
    const before = (blocks.header[index]! & layout.headerPrevFree) !== 0 ? freeSize(index - 1) : 0;
    const behind = ends.has(header + size) ? 0 : freeSize(index + 1);
    const hole = before + size + behind;
    if (hole >= wanted) {
      pins.push({ header, size, hole });
    }
  }
  return pins.sort((a, b) => a.size - b.size || a.hole - b.hole).slice(0, mostPins);
}

function causeOf(wanted: number, total: number, largest: number, aligned: boolean): Cause {
  if (wanted === 0) {
    return 'too large';
  }
  if (total < wanted) {
    return 'full';
  }
  if (largest < wanted) {
    return 'fragmented';
  }
  return aligned ? 'padded' : 'missed';
}

const titles: Readonly<Record<Cause, string>> = {
  'too large': 'Larger than this heap can ever serve',
  full: 'The heap is full',
  fragmented: 'Enough is free, but not in one piece',
  missed: 'A block would fit, but the search does not find it',
  padded: 'The alignment needs more room than there is',
};

function sentenceOf(
  cause: Cause,
  { request, align }: Request,
  wanted: number,
  snapshot: Snapshot,
  classes: Classes,
): string {
  const { total, count, largest } = summarizeFree(snapshot);
  switch (cause) {
    case 'too large':
      return `${bytes(request)} are more than the largest class of this heap’s geometry holds.`;
    case 'full':
      return (
        `${bytes(request)} need a block of ${decimal(wanted)}, and only ${bytes(total)} are free ` +
        'in all.'
      );
    case 'fragmented':
      return (
        `${bytes(total)} are free, in ${counted(count, 'piece')}; the largest has ` +
        `${decimal(largest)}, and a block of ${decimal(wanted)} is needed.`
      );
    case 'padded':
      return (
        `A block of ${decimal(wanted)} bytes would do, and the largest has ${decimal(largest)}. But ` +
        `to surely contain an address that is a multiple of ${align}, it must be about ` +
        `${decimal(wanted + align)} bytes long.`
      );
    case 'missed': {
      const from = classes.sizeOf(classes.of(wanted));
      return (
        `A free block of ${bytes(largest)} exists, and ${decimal(wanted)} are needed. But its ` +
        `class begins at ${decimal(from)}, so not every block in it would do, and only blocks of ` +
        'higher classes are taken unseen. This is the price of a search in constant time.'
      );
    }
  }
}

/**
 * Returns the smallest hole that a search for `wanted` is guaranteed to find. Stock search needs a
 * hole of the next class.
 */
function sureHole(wanted: number, { policy }: Snapshot, classes: Classes): number {
  const index = classes.of(wanted);
  const exact = policy === policies.probe || classes.sizeOf(index) === wanted;
  return exact ? wanted : classes.sizeOf(index + 1);
}

/**
 * Explains a failure. `snapshot` is the heap after the failure, which changed nothing. `guaranteed`
 * is the result of segfit_max_alloc.
 */
export function whyNull(
  { request, align }: Request,
  snapshot: Snapshot,
  classes: Classes,
  guaranteed: number,
): Failure {
  const wanted = classes.blockFor(request);
  const possible = classes.of(wanted) < 0 ? 0 : wanted;
  const { total, largest } = summarizeFree(snapshot);
  const cause = causeOf(possible, total, largest, align > snapshot.layout.align);
  return {
    request,
    wanted: possible,
    cause,
    title: titles[cause],
    sentence: sentenceOf(cause, { request, align }, possible, snapshot, classes),
    smaller: guaranteed,
    pins:
      cause === 'fragmented' || cause === 'full'
        ? pinsOf(snapshot, sureHole(possible, snapshot, classes))
        : [],
  };
}
