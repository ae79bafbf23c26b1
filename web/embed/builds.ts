// SPDX-License-Identifier: MIT
/** The allocator inside the bundle, compiled when first needed. */
import eventsUrl from 'segfit/segfit-events.wasm?url';
import plainUrl from 'segfit/segfit.wasm?url';

import type { Build } from '../model/heap/allocator.ts';

/**
 * Returns the bytes at a URL. Does not fetch a data URL, since a page's policy may forbid fetching.
 */
async function bytesAt(address: string): Promise<BufferSource> {
  const [, base64] = /^data:[^,]*;base64,(.*)$/.exec(address) ?? [];
  if (base64 !== undefined) {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  }
  const response = await fetch(address);
  if (!response.ok) {
    throw new Error(`${address}: ${response.status}`);
  }
  return response.arrayBuffer();
}

async function compile(address: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await bytesAt(address));
}

let builds: Promise<readonly Build[]> | null = null;

/** Loads one build for each alignment. */
export function loadBuilds(): Promise<readonly Build[]> {
  builds ??= Promise.all([compile(plainUrl), compile(eventsUrl)]).then(([plain, events]) => [
    { plain, events },
  ]);
  return builds;
}
