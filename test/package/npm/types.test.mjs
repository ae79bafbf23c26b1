// SPDX-License-Identifier: MIT The declarations of the packed package under TypeScript at the edges
// of what they serve: the oldest, the last whose arrays have no parameter, the first whose arrays
// have one, and this project's own.
import { testTypes } from './types/compile.mjs';

testTypes({ folder: '.', own: true, every: false });
