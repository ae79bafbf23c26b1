// SPDX-License-Identifier: MIT
import type { WasmModule } from '../public/platform.ts';

/**
 * The module whose bytes are written in hexadecimal. Base64 needs a decoder of its own, as an
 * AudioWorklet has no `atob`, and packs worse: its letters do not line up with bytes.
 */
export function moduleOf(text: string): WasmModule {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return new WebAssembly.Module(bytes);
}
