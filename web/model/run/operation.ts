// SPDX-License-Identifier: MIT

/** When a call was made, in seconds from any origin, if the trace says so. */
interface Timed {
  readonly time?: number;
}

/** One call that a program made. An id names one life of one block and is never used twice. */
export type Operation = Timed & Call;

type Call =
  | {
      readonly kind: 'malloc';
      readonly id: number;
      readonly size: number;
      readonly align: number;
      readonly zero: boolean;
      /** Where in the program it was made, if the trace says so. */
      readonly site?: string;
    }
  | { readonly kind: 'realloc'; readonly id: number; readonly oldId: number; readonly size: number }
  | { readonly kind: 'free'; readonly id: number };

/** A recorded run. */
export interface Trace {
  readonly title: string;
  /** What the recorder said about program, script and machine word; shown as it is. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly operations: readonly Operation[];
}
