// SPDX-License-Identifier: MIT
/** The peers' sources, where they lie on this system or once fetched; none is kept in git. */
import fs from 'node:fs';
import path from 'node:path';
import { out } from '../../test/workloads/compiler.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { unpackSourcePackage } from '../../wasm/toolchain/source_package.mjs';
import { must, run, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

const EMSCRIPTEN = '/usr/share/emscripten';

/** Emscripten's folders as Debian's package has them, or undefined. */
export function emscripten() {
  const sysroot = path.join(EMSCRIPTEN, 'cache/sysroot');
  const folders = { lib: path.join(EMSCRIPTEN, 'system/lib'), include: `${sysroot}/include` };
  return fs.existsSync(folders.include) && fs.existsSync(folders.lib) ? folders : undefined;
}

async function fetchMimalloc(to, say) {
  const archive = await unpackSourcePackage('mimalloc', to, say);
  fs.writeFileSync(path.join(to, 'version'), /_([^_]+?)(\+ds)?\.orig/.exec(archive)[1]);
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

/** The folder of this project's C as it was at commit `ref`. */
export async function atCommit(ref) {
  const hash = (
    await must('git', ['rev-parse', '--verify', `${ref}^{commit}`], { cwd: root })
  ).trim();
  const folder = path.join(out, 'sources', hash);
  const archive = `${folder}.tar`;
  fs.mkdirSync(folder, { recursive: true });
  await must('git', ['archive', '-o', archive, hash, 'src', 'include'], { cwd: root });
  await must('tar', ['xf', archive, '-C', folder]);
  return folder;
}

/** malloc's source in such a folder: commits before src/ had rooms have it at src/malloc.c. */
export function mallocIn(folder) {
  const file = path.join(folder, 'src', 'malloc', 'malloc.c');
  return fs.existsSync(file) ? file : path.join(folder, 'src', 'malloc.c');
}

/** A package's version as Debian's system knows it, or ''. */
export async function packageVersion(name) {
  const { code, output } = await run('dpkg-query', ['-W', '-f', '${Version}', name]);
  return code === 0 ? output.trim() : '';
}
