// SPDX-License-Identifier: MIT
/** Every file that quotes the recorded results. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { nativePage, wasmPage } from './pages.mjs';
import { block, withBlock } from './readme.mjs';
import { folder, readResults } from './results.mjs';

const readme = path.join(root, 'README.md');

/** Each by its name, as it should be. */
export function reports(results = readResults()) {
  return {
    [path.join(folder, 'wasm-malloc.md')]: wasmPage(results),
    [path.join(folder, 'native-malloc.md')]: nativePage(results),
    [readme]: withBlock(fs.readFileSync(readme, 'utf8'), block(results)),
  };
}
