// SPDX-License-Identifier: MIT
import type { WasmMemory, WasmModule } from './platform.ts';

/**
 * The descriptor of a shared pool for Pool.attach(). Send it with postMessage(), or pass it as
 * `workerData` or `processorOptions`.
 */
export interface PoolDescriptor {
  readonly kind: 'segfit-pool';
  /** The version of the pool's layout in the memory. */
  readonly layout: number;
  readonly memory: WasmMemory;
  /**
   * The compiled module, for threads where compiling is slow or forbidden. If null, the package's
   * own module is used.
   */
  readonly module: WasmModule | null;
  /** The offset of the pool's control words, at most 16 bytes behind the begin of its region. */
  readonly byteOffset: number;
  readonly label: string;
}
