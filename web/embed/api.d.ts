// SPDX-License-Identifier: MIT
/** What `segfit/view` promises: shipped as it stands, and held to by `attach.ts` and `view.ts`. */

/** @ts-ignore: an element, where TypeScript has the library of pages. */
type LibHTMLElement = HTMLElement;
type PageElement = [0] extends [1 & LibHTMLElement] ? object : LibHTMLElement;
/** @ts-ignore */
type LibElement = Element;

/** Bytes that hold a heap: a WebAssembly.Memory, or whatever has a program's present bytes. */
export interface WatchedMemory {
  readonly buffer: ArrayBufferLike;
}

/** A heap in the memory of a program that runs. A `Pool` of this package is one. */
export interface WatchedHeap {
  /** Its `buffer` is read anew each frame, so the memory may grow. */
  readonly memory: WatchedMemory;
  /** The heap's address: what `segfit_malloc_heap()` or `segfit_init()` returned, or a pool's. */
  readonly heap: number;
  /**
   * How its bytes are to be read: the address of the heap's `segfit_layout_t`, or its bytes. Left
   * out, the heap is taken for one of this package's pools.
   */
  readonly layout?: number | Uint8Array;
  /**
   * What `segfit_set_key` was given, where headers are encoded (SEGFIT_CHECK 3 or more). Left out, it
   * is found from the heap itself.
   */
  readonly key?: number | bigint | undefined;
}

/** What the event `segfit-position` says. Step Infinity never occurs: the last one is numbered. */
export interface PositionDetail {
  readonly call: number;
  readonly step: number;
}

/** What the event `segfit-select` says: a block's header address, or 0. */
export interface SelectDetail {
  readonly block: number;
}

/** What the event `segfit-error` says. */
export interface ErrorDetail {
  readonly message: string;
}

/**
 * `<segfit-view>`: a heap to look at. It shows a recorded run (`src`, `state`) or a live memory
 * (`attach`).
 */
export interface SegfitViewElement extends PageElement {
  /** The address of a trace, `.heapl`. */
  src: string;
  /** Panels to show, separated by spaces. */
  panels: string;
  /**
   * A moment with all that belongs to it, as the page writes it behind `#` in its address. Reading
   * gives the present one; '' while a live memory is shown.
   */
  state: string;
  /**
   * Shows the heap of a program that runs, frame by frame, and only reads. Resolves once it is
   * drawn; rejects, with the reason as its message, where no heap can be read.
   */
  attach(source: WatchedHeap): Promise<void>;
  /** Stops reading. What was seen last stays. */
  detach(): void;
  /** Reads every block at once: of a very large heap a frame reads a part. */
  refresh(): void;
  play(): void;
  pause(): void;
  /** To a step of a call, or to its end. Both count from 0; call 0 is the empty heap. */
  seek(call: number, step?: number): void;
}

/** Makes `<segfit-view>` known to the page. Does nothing the second time, or where there is none. */
export declare function defineView(): void;

/**
 * Shows the heap of a program that runs, in a new `<segfit-view>` at the end of `parent` (if left
 * out, of the page's body). The program is only read. Rejects where no heap can be read; nothing is
 * added then.
 */
export declare function attach(source: WatchedHeap, parent?: LibElement): Promise<SegfitViewElement>;

declare global {
  interface HTMLElementTagNameMap {
    'segfit-view': SegfitViewElement;
  }
}
