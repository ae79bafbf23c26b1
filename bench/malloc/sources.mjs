// SPDX-License-Identifier: MIT
/** The peers' sources, where they lie on this system or once fetched; none is kept in git. */
import fs from 'node:fs';
import path from 'node:path';
import { Failure, must, run, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { out } from './compiler.mjs';

const DEBIAN = 'http://deb.debian.org/debian bookworm main';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const EMSCRIPTEN = '/usr/share/emscripten';

/** Emscripten's folders as Debian's package has them, or undefined. */
export function emscripten() {
  const sysroot = path.join(EMSCRIPTEN, 'cache/sysroot');
  const folders = { lib: path.join(EMSCRIPTEN, 'system/lib'), include: `${sysroot}/include` };
  return fs.existsSync(folders.include) && fs.existsSync(folders.lib) ? folders : undefined;
}

/** apt-get with lists and a sources.list of its own, so that the system's stay as they are. */
async function fetchMimalloc(to, say) {
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
  await must('apt-get', [...words, 'source', '--download-only', 'mimalloc'], { cwd: to, say });
  const tarball = fs.readdirSync(to).find((name) => /^mimalloc_.*\.orig\.tar\./.test(name));
  if (tarball === undefined) throw new Failure("Debian's mimalloc has no .orig.tar");
  await must('tar', ['xf', tarball, '--strip-components=1'], { cwd: to, say });
  fs.writeFileSync(path.join(to, 'version'), /_([^_]+?)(\+ds)?\.orig/.exec(tarball)[1]);
  fs.rmSync(state, { recursive: true });
}

/** The folder of mimalloc's sources from Debian (checked by apt), or undefined without apt-get. */
export async function mimalloc() {
  const whole = path.join(out, 'sources', 'mimalloc');
  if (fs.existsSync(whole)) return whole;
  if (onPath('apt-get') === undefined) return undefined;
  const part = `${whole}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  fs.mkdirSync(part, { recursive: true });
  const title = "Fetching mimalloc (Debian's source package)";
  await step(title, (say) => fetchMimalloc(part, say));
  fs.renameSync(part, whole);
  return whole;
}

/** A package's version as Debian's system knows it, or ''. */
export async function packageVersion(name) {
  const { code, output } = await run('dpkg-query', ['-W', '-f', '${Version}', name]);
  return code === 0 ? output.trim() : '';
}
