// SPDX-License-Identifier: MIT
/**
 * The programs' sources, fetched once into build/programs/sources: Lua from Debian's source package
 * (checked by apt against Debian's signature), SQLite from the npm package better-sqlite3.
 */
import fs from 'node:fs';
import path from 'node:path';
import { unpackSourcePackage } from '../../wasm/toolchain/source_package.mjs';
import { Failure, must, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { out } from './targets.mjs';

const folder = path.join(out, 'sources');
const SQLITE = 'better-sqlite3@13.2.0';

/** Makes `name` with `fetch` in a fresh folder, which gets its name when it is complete. */
async function once(name, title, fetch) {
  const whole = path.join(folder, name);
  if (fs.existsSync(whole)) return whole;
  const part = `${whole}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  fs.mkdirSync(part, { recursive: true });
  await step(title, (say) => fetch(part, say));
  fs.renameSync(part, whole);
  return whole;
}

async function fetchLua(to, say) {
  if (onPath('apt-get') === undefined) {
    throw new Failure('the sources of Lua come from Debian by apt-get, which this system lacks');
  }
  await unpackSourcePackage('lua5.4', to, say);
}

async function fetchSqlite(to, say) {
  await must('npm', ['pack', SQLITE, '--silent'], { cwd: to, say });
  const tarball = fs.readdirSync(to).find((name) => name.endsWith('.tgz'));
  const words = ['xf', tarball, 'package/deps/sqlite3', '--strip-components=3'];
  await must('tar', words, { cwd: to, say });
}

export async function luaSources() {
  const lua = await once('lua', "Fetching Lua (Debian's source package lua5.4)", fetchLua);
  return path.join(lua, 'src');
}

export function sqliteSources() {
  return once('sqlite', `Fetching SQLite (npm ${SQLITE})`, fetchSqlite);
}
