// SPDX-License-Identifier: MIT
/** The machine: which programs are on its PATH, and whether packages may be installed. */
import fs from 'node:fs';
import path from 'node:path';
import { Failure, must, run, step } from './steps.mjs';

/** The file of a program whose path is given, with the ending that Windows adds, or undefined. */
export function programAt(file, platform = process.platform) {
  for (const ending of platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : ['']) {
    try {
      fs.accessSync(file + ending, fs.constants.X_OK);
      if (fs.statSync(file + ending).isFile()) return file + ending;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** The full path of a program on PATH, or undefined. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = programAt(path.join(folder, name));
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Whether we are root; no system but POSIX has such a user. */
export const isRoot = () => process.getuid?.() === 0;

/**
 * How this machine's packages are installed by us: the words before `apt-get …`, or undefined where
 * there is no apt-get, or neither root's rights nor a sudo that asks for no password.
 */
export async function aptPrefix() {
  if (process.platform !== 'linux' || onPath('apt-get') === undefined) return undefined;
  const settings = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C'];
  if (isRoot()) return settings;
  if (onPath('sudo') === undefined) return undefined;
  const { code } = await run('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n', ...settings] : undefined;
}

/** Whether apt's lists know all of these packages. */
async function aptKnows(packages) {
  const { code, output } = await run('apt-cache', ['show', '--no-all-versions', ...packages]);
  return code === 0 && packages.every((name) => output.includes(`Package: ${name}\n`));
}

let listsAreFresh = false;

/** Fetches apt's lists, once in a run. */
async function aptUpdate(prefix, say) {
  if (listsAreFresh) return;
  const [command, ...words] = prefix;
  await must(command, [...words, 'apt-get', 'update'], { say });
  listsAreFresh = true;
}

/** The first of several sets of packages that apt can install, or undefined. */
export async function aptChoice(prefix, sets) {
  const find = async () => {
    for (const packages of sets) if (await aptKnows(packages)) return packages;
    return undefined;
  };
  const known = await find();
  if (known !== undefined) return known;
  await step('Fetching the list of packages (apt)', (say) => aptUpdate(prefix, say));
  return find();
}

/** Installs packages with apt; with lists that are too old, fetches them and tries again. */
export async function aptInstall(prefix, packages) {
  const [command, ...words] = prefix;
  const args = [...words, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  await step(`Installing ${packages.join(' ')} (apt)`, async (say) => {
    const first = await run(command, args, { say });
    if (first.code === 0) return;
    if (listsAreFresh) throw new Failure(first.output);
    await aptUpdate(prefix, say);
    await must(command, args, { say });
  });
}
