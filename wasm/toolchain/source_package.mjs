// SPDX-License-Identifier: MIT
/** Source packages of the distribution, by apt-get, from where this system gets its packages. */
import fs from 'node:fs';
import path from 'node:path';
import { Failure, must, run } from './steps.mjs';
import { isRoot } from './system.mjs';

const APT = '/etc/apt';

/** Turns apt's lists of packages, in one-line or deb822 style, into lists of their sources. */
export function sourcesOf(name, text) {
  if (name.endsWith('.sources')) return text.replace(/^Types:.*$/gim, 'Types: deb-src');
  return text
    .split('\n')
    .filter((line) => /^\s*deb\s/.test(line))
    .map((line) => `${line.replace(/^\s*deb\s/, 'deb-src ')}\n`)
    .join('');
}

/** Writes the system's lists as lists of sources to `folder`; the system's stay as they are. */
function writeLists(folder) {
  const parts = path.join(APT, 'sources.list.d');
  const files = [path.join(APT, 'sources.list')];
  if (fs.existsSync(parts)) {
    files.push(...fs.readdirSync(parts).map((name) => path.join(parts, name)));
  }
  for (const file of files.filter(
    (name) => /\.(list|sources)$/.test(name) && fs.existsSync(name),
  )) {
    const text = sourcesOf(file, fs.readFileSync(file, 'utf8'));
    fs.writeFileSync(path.join(folder, path.basename(file)), text);
  }
}

/**
 * Unpacks the upstream sources of package `name` into `to`, checked by apt, and returns the name of
 * their archive. Throws where apt has none. Needs apt-get, and no rights.
 */
export async function unpackSourcePackage(name, to, say) {
  const state = path.join(to, 'apt');
  const lists = path.join(state, 'sources');
  fs.mkdirSync(path.join(state, 'lists', 'partial'), { recursive: true });
  fs.mkdirSync(lists);
  writeLists(lists);
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': lists,
    'Dir::State::Lists': path.join(state, 'lists'),
    'Dir::Cache': state,
    'APT::Sandbox::User': isRoot() ? 'root' : '',
  };
  const words = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  // A list that cannot be fetched may be one that is not needed; the next call tells.
  await run('apt-get', [...words, 'update'], { cwd: to, say });
  await must('apt-get', [...words, 'source', '--download-only', name], { cwd: to, say });
  const archive = fs
    .readdirSync(to)
    .find((file) => file.startsWith(`${name}_`) && /\.orig\.tar\.[^.]+$/.test(file));
  if (archive === undefined) throw new Failure(`the source package ${name} has no .orig.tar`);
  await must('tar', ['xf', archive, '--strip-components=1'], { cwd: to, say });
  fs.rmSync(state, { recursive: true });
  return archive;
}
