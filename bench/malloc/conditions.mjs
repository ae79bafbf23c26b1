// SPDX-License-Identifier: MIT
/** The conditions of a measurement: machine, versions, commit, date. No host name, no path. */
import os from 'node:os';
import { clangVersion } from '../../test/workloads/compiler.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { run } from '../../wasm/toolchain/steps.mjs';
import { packageVersion } from './sources.mjs';

async function commit() {
  const head = await run('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root });
  const changed = await run('git', ['status', '--porcelain', 'src', 'include'], { cwd: root });
  if (head.code !== 0) return 'unknown';
  return head.output.trim() + (changed.output.trim() === '' ? '' : ' with changes');
}

export async function conditions({ rounds, passes, part } = {}) {
  const processors = os.cpus();
  return {
    machine: { cpu: processors[0]?.model.trim() ?? 'unknown', cores: processors.length },
    date: new Date().toISOString().slice(0, 10),
    commit: await commit(),
    node: process.versions.node,
    v8: process.versions.v8,
    compiler: await clangVersion(),
    packages: {
      'wasi-libc': await packageVersion('wasi-libc'),
      emscripten: await packageVersion('emscripten'),
    },
    rounds,
    passes,
    part,
  };
}
