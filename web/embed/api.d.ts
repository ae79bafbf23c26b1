// SPDX-License-Identifier: MIT
/**
 * The API of `segfit/view`. The package ships this file; `attach.ts` and `view.ts` implement it.
 */

/** @ts-ignore: an element, where TypeScript has the library of pages. */
type LibHTMLElement = HTMLElement;
type PageElement = [0] extends [1 & LibHTMLElement] ? object : LibHTMLElement;
/** @ts-ignore */
type LibElement = Element;

/**
 * Bytes that hold a heap: a WebAssembly.Memory, or any object whose `buffer` holds a program's
 * current bytes.
 */
export interface WatchedMemory {
  readonly buffer: ArrayBufferLike;
}

/** A heap in the memory of a running program. A `Pool` of this package is one. */
export interface WatchedHeap {
  /** Each frame reads `buffer` again, so the memory may grow. */
  readonly memory: WatchedMemory;
  /**
   * The heap's address: the result of `segfit_malloc_heap()` or `segfit_init()`, or a pool's
   * `heap`.
   */
  readonly heap: number;
  /**
   * The layout of the heap: the address of its `segfit_layout_t`, or its bytes. By default, the
   * heap is a pool of this package.
   */
  readonly layout?: number | Uint8Array;
  /**
   * The key that `segfit_set_key` was given, if headers are encoded (SEGFIT_CHECK 3 or more). By
   * default, it is found from the heap itself.
   */
  readonly key?: number | bigint | undefined;
}

/** The detail of the event `segfit-position`. `step` is always finite. */
export interface PositionDetail {
  readonly call: number;
  readonly step: number;
}

/** The detail of the event `segfit-select`: a block's header address, or 0. */
export interface SelectDetail {
  readonly block: number;
}

/** The detail of the event `segfit-error`. */
export interface ErrorDetail {
  readonly message: string;
}

/** `<segfit-view>` shows a heap: a recorded run (`src`, `state`) or a live memory (`attach`). */
export interface SegfitViewElement extends PageElement {
  /** The URL of a `.heapl` trace. */
  src: string;
  /** Panels to show, separated by spaces. */
  panels: string;
  /**
   * The state of a moment, as the page writes it behind `#` in its URL. Reading returns the current
   * state; '' while a live memory is shown.
   */
  state: string;
  /**
   * Shows the heap of a running program, frame by frame, and only reads it. Resolves after the
   * first drawing. Rejects, with the reason as its message, if no heap can be read.
   */
  attach(source: WatchedHeap): Promise<void>;
  /** Stops reading. The last picture stays. */
  detach(): void;
  /** Reads every block at once. A frame reads only a part of a very large heap. */
  refresh(): void;
  play(): void;
  pause(): void;
  /** Goes to a step of a call, or to its end. Both count from 0; call 0 is the empty heap. */
  seek(call: number, step?: number): void;
}

/** Defines `<segfit-view>`. Does nothing if it is defined, or where there are no elements. */
export declare function defineView(): void;

/**
 * Shows the heap of a running program in a new `<segfit-view>` at the end of `parent`, by default
 * the page's body. Only reads the program's memory. Rejects, and adds nothing, if no heap can be
 * read.
 */
export declare function attach(
  source: WatchedHeap,
  parent?: LibElement,
): Promise<SegfitViewElement>;

declare global {
  interface HTMLElementTagNameMap {
    'segfit-view': SegfitViewElement;
  }
}
