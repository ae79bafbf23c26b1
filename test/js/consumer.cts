// SPDX-License-Identifier: MIT
// Checked by tsc, never run: the types as a CommonJS program sees them.
import segfit = require('segfit');
import core = require('segfit/core');

const pool: segfit.Pool = new segfit.Pool({ size: 1 });
const stats: segfit.PoolStats = pool.stats();
const layout: core.Layout = core.layoutOf(module as never);
const reader: core.HeapReader = new core.HeapReader(pool, stats.used, layout);
reader.snapshot();
