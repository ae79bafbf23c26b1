// SPDX-License-Identifier: MIT
/** Where things lie. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(new URL('../../', import.meta.url)));
export const dist = path.join(root, 'dist');
export const build = path.join(root, 'build');
