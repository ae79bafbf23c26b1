// SPDX-License-Identifier: MIT
/** The links of a free list, as pairs of blocks. */
import { blockIndexOf, type Snapshot } from './snapshot.ts';

export interface Link {
  readonly from: number;
  readonly fromSize: number;
  readonly to: number;
  readonly toSize: number;
}

/** More links than this cannot be followed by eye. */
const mostLinks = 40;

export function linksOf(snapshot: Snapshot, index: number): Link[] {
  const { blocks } = snapshot;
  const sizeOf = (address: number): number => {
    const at = blockIndexOf(blocks, address);
    return at < 0 ? snapshot.layout.minBlock : blocks.size[at]!;
  };
  const list = snapshot.list(index, mostLinks + 1);
  return list.slice(1).map((to, at) => {
    const from = list[at]!;
    return { from, fromSize: sizeOf(from), to, toSize: sizeOf(to) };
  });
}
