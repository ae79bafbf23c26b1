// SPDX-License-Identifier: MIT
/**
 * Builds the page that shows the heap of a running Lua into dist/attach: `npm run build:attach`.
 * Emscripten compiles Lua with segfit as its malloc; dist/view-define.js draws its heap while it
 * runs. `node test/web/attach.mjs --serve` serves the page.
 */
import fs from 'node:fs';
import path from 'node:path';
import { archiveFor } from '../programs/backend.mjs';
import { allPrograms, compileProgram } from '../programs/programs.mjs';
import { luaSources } from '../programs/sources.mjs';
import { allTargets } from '../programs/targets.mjs';
import { dist, isMain, root } from '../../wasm/toolchain/paths.mjs';
import { listen, staticServer } from '../../wasm/serve/server.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, flag } from '../../wasm/toolchain/arguments.mjs';

const page = path.join(root, 'web', 'attach');
const target = path.join(dist, 'attach');
const flags = [
  '-O2',
  '-sMODULARIZE',
  '-sEXPORT_ES6',
  '-sENVIRONMENT=web',
  '-sALLOW_MEMORY_GROWTH',
  '-sINITIAL_MEMORY=1MB',
  '-sTOTAL_STACK=128KB',
  '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap',
];

/** Links Lua, without its own main, with web/attach/lua.c. */
export async function buildLua() {
  const { emscripten } = await allTargets();
  const [lua] = (await allPrograms()).filter(({ name }) => name === 'lua');
  const objects = (await compileProgram(lua, emscripten)).filter(
    (file) => path.basename(file) !== 'lua.o',
  );
  const include = ['-I', path.join(root, 'include'), '-I', await luaSources()];
  const folder = path.join(emscripten.folder, 'attach');
  const own = [path.join(page, 'lua.c'), path.join(root, 'src', 'core', 'inspect.c')];
  for (const source of own) {
    const object = path.join(folder, `${path.basename(source, '.c')}.o`);
    objects.push(await emscripten.compile(source, object, ['-O2', ...include]));
  }
  const inputs = [...objects, await archiveFor(emscripten)];
  return emscripten.with({ linkFlags: [], folder: target }).link('lua', inputs, flags);
}

export async function buildAttach({ log = () => {} } = {}) {
  const view = ['view.js', 'view-define.js'].map((name) => path.join(dist, name));
  const missing = view.filter((file) => !fs.existsSync(file));
  if (missing.length > 0) {
    throw new Error(`${missing.join(' and ')} is absent: run \`npm run build\` first`);
  }
  fs.mkdirSync(target, { recursive: true });
  await buildLua();
  for (const name of ['index.html', 'attach.js', 'words.lua']) {
    fs.copyFileSync(path.join(page, name), path.join(target, name));
  }
  view.forEach((file) => fs.copyFileSync(file, path.join(target, path.basename(file))));
  log('dist/attach: Lua and its heap');
}

if (isMain(import.meta.url)) {
  await command(async () => {
    const usage = 'usage: npm run build:attach [-- --serve]';
    const { serve } = commandArguments({ usage, options: { serve: flag } });
    await buildAttach({ log: (line) => console.log(line) });
    if (serve) console.log(`Open this in a browser: ${await listen(staticServer(target), 8118)}`);
  });
}
