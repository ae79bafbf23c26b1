// SPDX-License-Identifier: MIT
/** Compares two heaps: which bytes only one of them uses. */
import { isFree, type Snapshot } from '../model/heap/snapshot.ts';
import type { MapLayout } from './map_layout.ts';

/**
 * For each pixel the share of bytes that both use, that only the first uses, and that only the
 * second uses.
 */
export interface Difference {
  readonly both: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Returns the ranges of used bytes of one heap. */
function usedShares(snapshot: Snapshot, mapLayout: MapLayout): [number, number][] {
  const { blocks } = snapshot;
  const spans: [number, number][] = [];
  for (let index = 0; index < blocks.count; index++) {
    if (isFree(snapshot, index)) {
      continue;
    }
    const begin = Math.max(blocks.address[index]!, mapLayout.begin);
    const end = Math.min(blocks.address[index]! + blocks.size[index]!, mapLayout.end);
    const last = spans.at(-1);
    if (last !== undefined && last[1] === begin) {
      last[1] = end;
    } else if (begin < end) {
      spans.push([begin, end]);
    }
  }
  return spans;
}

function add(shares: Float32Array, mapLayout: MapLayout, begin: number, end: number): void {
  const from = (begin - mapLayout.begin) / mapLayout.bytesPerPixel;
  const to = (end - mapLayout.begin) / mapLayout.bytesPerPixel;
  for (let pixel = Math.floor(from); pixel < to && pixel < shares.length; pixel++) {
    shares[pixel]! += Math.min(to, pixel + 1) - Math.max(from, pixel);
  }
}

export function differenceOf(left: Snapshot, right: Snapshot, mapLayout: MapLayout): Difference {
  const pixels = mapLayout.width * mapLayout.lines;
  const [both, first, second] = [0, 1, 2].map(() => new Float32Array(pixels));
  const [a, b] = [usedShares(left, mapLayout), usedShares(right, mapLayout)];
  const edges = [...new Set([...a.flat(), ...b.flat()])].sort((x, y) => x - y);
  let [i, j] = [0, 0];
  edges.forEach((begin, at) => {
    const end = edges[at + 1] ?? begin;
    while (i < a.length && a[i]![1] <= begin) {
      i++;
    }
    while (j < b.length && b[j]![1] <= begin) {
      j++;
    }
    const inA = i < a.length && a[i]![0] <= begin;
    const inB = j < b.length && b[j]![0] <= begin;
    if (inA || inB) {
      add(inA && inB ? both! : inA ? first! : second!, mapLayout, begin, end);
    }
  });
  return { both: both!, first: first!, second: second! };
}
