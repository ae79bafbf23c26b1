// SPDX-License-Identifier: MIT
/**
 * Records a real run of Lua as the page's own trace: `node web/traces/record.mjs`. Needs Linux, a C
 * compiler and `lua5.4`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments } from '../../wasm/toolchain/arguments.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const recorder = join(here, '..', '..', 'src', 'tools', 'record.c');
const script = 'words.lua';

/** Writes the trace. */
function record() {
  const scratch = mkdtempSync(join(tmpdir(), 'segfit-record-'));
  try {
    const library = join(scratch, 'record.so');
    execFileSync(process.env.CC ?? 'cc', [
      '-shared',
      '-fPIC',
      '-O2',
      '-DSEGFIT_RECORD=1',
      recorder,
      '-o',
      library,
    ]);
    const raw = join(scratch, 'raw.heapl');
    const lua = process.env.LUA ?? 'lua5.4';
    execFileSync(lua, [script], {
      cwd: here,
      // LUA_INIT could load anything; a fixed environment makes the run the same everywhere.
      env: { PATH: process.env.PATH, LC_ALL: 'C', LD_PRELOAD: library, SEGFIT_RECORD_FILE: raw },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const version = execFileSync(lua, ['-v'], { encoding: 'utf8' }).split('  ')[0].trim();
    const [first, ...records] = readFileSync(raw, 'utf8').split('\n');
    const header = JSON.parse(first);
    header.title = `${version} running words.lua`;
    header.meta = {
      ...header.meta,
      program: version,
      script: `web/traces/${script}`,
      recorder: 'src/tools/record.c',
    };
    const target = join(here, 'lua-words.heapl');
    writeFileSync(target, [JSON.stringify(header), ...records].join('\n'));
    console.log(`${target}: ${records.length - 1} operations`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

await command(() => {
  commandArguments({ usage: 'usage: node web/traces/record.mjs' });
  record();
  return 0;
});
