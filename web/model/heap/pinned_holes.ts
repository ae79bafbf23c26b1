// SPDX-License-Identifier: MIT
/** Used blocks between free ones: they fragment the free memory. */
import { blockIndexOf, isFree, type Snapshot } from './snapshot.ts';

export interface PinnedHole {
  /** The used block's header and size. */
  readonly header: number;
  readonly size: number;
  /** The sizes of the free blocks before and after it, or 0. */
  readonly before: number;
  readonly behind: number;
  /** The size of the hole without this block. */
  readonly hole: number;
}

function pinAt(snapshot: Snapshot, index: number): PinnedHole {
  const { blocks, pools } = snapshot;
  const header = blocks.address[index]!;
  const size = blocks.size[index]!;
  const freeAt = (at: number, touches: boolean): number =>
    touches && at >= 0 && at < blocks.count && isFree(snapshot, at) ? blocks.size[at]! : 0;
  // Adjacent entries of the list of blocks may lie in different pools.
  const isFirst = pools.some((pool) => pool.first === header);
  const isLast = pools.some((pool) => pool.end === header + size);
  const before = freeAt(index - 1, !isFirst);
  const behind = freeAt(index + 1, !isLast);
  return { header, size, before, behind, hole: before + size + behind };
}

/** Returns the used blocks whose removal would join the largest free blocks, the largest first. */
export function pinnedHoles(snapshot: Snapshot, most: number): PinnedHole[] {
  const found: PinnedHole[] = [];
  for (let index = 0; index < snapshot.blocks.count; index++) {
    if (isFree(snapshot, index)) {
      continue;
    }
    const pin = pinAt(snapshot, index);
    if (pin.before > 0 && pin.behind > 0) {
      keepLargest(found, pin, most);
    }
  }
  return found;
}

function keepLargest(found: PinnedHole[], pin: PinnedHole, most: number): void {
  const at = found.findIndex(({ hole, size }) => pin.hole - pin.size > hole - size);
  if (at >= 0) {
    found.splice(at, 0, pin);
  } else if (found.length < most) {
    found.push(pin);
  }
  found.splice(most);
}

/** Returns the used blocks on both sides of the free block at `header`. */
export function pinsOfHole(snapshot: Snapshot, header: number): PinnedHole[] {
  const index = blockIndexOf(snapshot.blocks, header);
  if (index < 0 || !isFree(snapshot, index)) {
    return [];
  }
  return [index - 1, index + 1]
    .filter((at) => at >= 0 && at < snapshot.blocks.count && !isFree(snapshot, at))
    .map((at) => pinAt(snapshot, at))
    .filter(({ header: used, size, before, behind }) =>
      used < header ? behind > 0 && used + size === header : before > 0,
    );
}
