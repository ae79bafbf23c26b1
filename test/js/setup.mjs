// SPDX-License-Identifier: MIT
// Tests are of what is built, so what is built must be from the sources as they are.
import { buildPackage } from '../../wasm/js/build.mjs';

export default async function setup() {
  await buildPackage({ log: (line) => console.log(line) });
}
