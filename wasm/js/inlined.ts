// SPDX-License-Identifier: MIT
import { compiledModule } from './compiled.ts';
import { type Core, instantiate } from './core.ts';
import { rangeError } from './errors.ts';

/** What this copy of the package knows of a memory: one instance, and where its pools lie. */
export interface Host {
  readonly core: Core;
  readonly regions: Region[];
}

/** A stretch of a memory, in bytes. */
export interface Region {
  begin: number;
  length: number;
}

const hosts = /* @__PURE__ */ new WeakMap<WebAssembly.Memory, Host>();

export function hostOf(memory: WebAssembly.Memory): Host {
  let host = hosts.get(memory);
  if (host === undefined) {
    host = { core: instantiate(compiledModule(), memory), regions: [] };
    hosts.set(memory, host);
  }
  return host;
}

/** @throws {RangeError} `ERR_SEGFIT_REGION` if a pool lies there already. */
export function claimRegion(host: Host, region: Region): void {
  for (const taken of host.regions) {
    if (region.begin >= taken.begin + taken.length) continue;
    if (taken.begin >= region.begin + region.length) continue;
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `${region.length} bytes at ${region.begin} overlap the pool of ${taken.length} bytes at ` +
        `${taken.begin}; destroy() that first`,
    );
  }
  host.regions.push(region);
}

export function releaseRegion(host: Host, region: Region): void {
  const index = host.regions.indexOf(region);
  if (index >= 0) host.regions.splice(index, 1);
}
