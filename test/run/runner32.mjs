// SPDX-License-Identifier: MIT
/** How 32-bit x86 programs run on this machine. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../wasm/toolchain/paths.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

/**
 * A 32-bit x86 program for Linux that ends at once with exit code 0: ELF header, one segment, code.
 */
const program32 = Buffer.from(
  '7f454c460101010000000000000000000200030001000000548004083400000000000000000000003400200001000000' +
    '000000000100000000000000008004080080040860000000600000000500000000100000' +
    'b80100000031dbcd80000000',
  'hex',
);

let words32;

/**
 * The words that stand before a 32-bit x86 program to run it: none where the kernel runs it, QEMU's
 * where that is installed, and undefined where neither does.
 */
export function runner32() {
  // Without an answer it looks anew: QEMU may have been installed since.
  if (words32?.found === undefined) {
    const folder = temporaryFolder();
    try {
      const file = path.join(folder, 'probe');
      fs.writeFileSync(file, program32, { mode: 0o755 });
      const isRunning = process.platform === 'linux' && spawnSync(file).status === 0;
      const qemu = onPath('qemu-i386') ?? onPath('qemu-i386-static');
      words32 = { found: isRunning ? [] : qemu && [qemu] };
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  return words32.found;
}
