// SPDX-License-Identifier: MIT
/** The recorded results (bench/results), and the words for the machine they are from. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';

export const folder = path.join(root, 'bench', 'results');
/** The record of campaign.mjs: {command: {machine, date, commit, minutes, code, said}}. */
export const CAMPAIGNS = path.join(folder, 'campaigns.json');
export const FILES = {
  malloc: 'wasm-malloc.json',
  size: 'wasm-malloc-size.json',
  native: 'native-malloc.json',
};

/** {malloc, size, native}. */
export function readResults() {
  return Object.fromEntries(
    Object.entries(FILES).map(([name, file]) => [
      name,
      JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')),
    ]),
  );
}

/** Machine, date, commit of a result. */
export function where({ machine, date, commit }) {
  return `${machine.cpu}, ${machine.cores} cores; ${date}, commit ${commit}`;
}

/** Returns the compiler and the packages of a result as text. */
export function what({ compiler, packages }) {
  const versions = Object.entries(packages).filter(([, version]) => version !== '');
  return [compiler, ...versions.map((pair) => pair.join(' '))].join('; ');
}
