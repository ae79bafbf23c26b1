// SPDX-License-Identifier: MIT
import type { WasmModule } from '../public/platform.ts';

/**
 * Compiles the module whose bytes `text` holds in hexadecimal. Base64 needs its own decoder, as an
 * AudioWorklet has no `atob`. It also compresses worse, since its letters do not align with bytes.
 */
export function moduleOf(text: string): WasmModule {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return new WebAssembly.Module(bytes);
}
