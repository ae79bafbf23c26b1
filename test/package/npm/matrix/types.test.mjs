// SPDX-License-Identifier: MIT
// The declarations of the packed package under every minor version of TypeScript, in every project.
import { testTypes } from '../types/compile.mjs';

testTypes({ folder: '.', own: true, every: true });
testTypes({ folder: 'more', every: true });
