// SPDX-License-Identifier: MIT

/** The time of a call in seconds from any origin, if the trace has it. */
interface Timed {
  readonly time?: number;
}

/** One call of a program. An id names one lifetime of one block and is never reused. */
export type Operation = Timed & Call;

type Call =
  | {
      readonly kind: 'malloc';
      readonly id: number;
      readonly size: number;
      readonly align: number;
      readonly zero: boolean;
      /** The program's call site, if the trace has it. */
      readonly site?: string;
    }
  | { readonly kind: 'realloc'; readonly id: number; readonly oldId: number; readonly size: number }
  | { readonly kind: 'free'; readonly id: number };

/** A recorded run. */
export interface Trace {
  readonly title: string;
  /** The recorder's description of program, script and machine word, shown unchanged. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly operations: readonly Operation[];
}
