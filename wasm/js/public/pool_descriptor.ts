// SPDX-License-Identifier: MIT
import type { WasmMemory, WasmModule } from './platform.ts';

/** What Pool.attach() needs, for postMessage(), `workerData` or `processorOptions`. */
export interface PoolDescriptor {
  readonly kind: 'segfit-pool';
  /** The version of what lies in the memory. */
  readonly layout: number;
  readonly memory: WasmMemory;
  /** Compiled already, for where that is not allowed or costs; null: the package's own. */
  readonly module: WasmModule | null;
  /** Of the pool's own words, at or a little behind where its region begins. */
  readonly byteOffset: number;
  readonly label: string;
}
