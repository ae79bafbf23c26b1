// SPDX-License-Identifier: MIT
/** `segfit/view`: shows heaps, live or recorded. Importing it defines no element. */
export type {
  ErrorDetail,
  PositionDetail,
  SegfitViewElement,
  SelectDetail,
  WatchedHeap,
  WatchedMemory,
} from './api.d.ts';
export { attach, defineView } from './attach.ts';
