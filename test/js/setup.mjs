// SPDX-License-Identifier: MIT
// The tests use the built package, so build it from the present sources first.
import { buildPackage } from '../../wasm/js/build/build.mjs';
import { runner32 } from '../run/runner32.mjs';

export default async function setup() {
  // For helpers.ts, which cannot import modules of this kind.
  process.env.RUNNER_32 = JSON.stringify(runner32() ?? []);
  await buildPackage({ log: (line) => console.log(line) });
}
