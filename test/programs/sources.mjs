// SPDX-License-Identifier: MIT
/**
 * The programs' sources, fetched once into build/programs/sources: Lua from Debian's source package
 * (checked by apt against Debian's signature), SQLite from the npm package better-sqlite3.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Failure, must, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { out } from './targets.mjs';

const folder = path.join(out, 'sources');
const SQLITE = 'better-sqlite3@13.2.0';
const DEBIAN = 'http://deb.debian.org/debian bookworm main';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

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

/** apt-get with lists and a sources.list of its own, so that the system's stay as they are. */
async function fetchLua(to, say) {
  if (onPath('apt-get') === undefined) {
    throw new Failure('the sources of Lua come from Debian by apt-get, which this system lacks');
  }
  const state = path.join(to, 'apt');
  fs.mkdirSync(path.join(state, 'lists', 'partial'), { recursive: true });
  const list = path.join(state, 'sources.list');
  fs.writeFileSync(list, `deb-src [signed-by=${KEYRING}] ${DEBIAN}\n`);
  const settings = {
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': path.join(state, 'lists'),
    'Dir::Cache': state,
    'APT::Sandbox::User': process.getuid() === 0 ? 'root' : '',
  };
  const words = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await must('apt-get', [...words, 'update'], { cwd: to, say });
  await must('apt-get', [...words, 'source', '--download-only', 'lua5.4'], { cwd: to, say });
  const tarball = fs.readdirSync(to).find((name) => /^lua5\.4_.*\.orig\.tar\./.test(name));
  if (tarball === undefined) throw new Failure("Debian's lua5.4 has no .orig.tar");
  await must('tar', ['xf', tarball, '--strip-components=1'], { cwd: to, say });
  fs.rmSync(state, { recursive: true });
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
