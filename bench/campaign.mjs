#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run campaign -- SCRIPT [its arguments]`: runs one of the npm scripts that take long, and
 * records what it said and when in bench/results/campaigns.json, from which `npm run report` makes
 * its table. Ends as the script does.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../wasm/toolchain/paths.mjs';
import { command, run } from '../wasm/toolchain/steps.mjs';
import { UsageError } from '../wasm/toolchain/arguments.mjs';
import { conditions } from './malloc/conditions.mjs';
import { CAMPAIGNS as file } from './report/results.mjs';

/** How many lines of the end of an output are kept. */
const LINES = 120;

const scripts = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).scripts;

/** The lines that say what came out: no progress, and nothing of npm's own. */
function saidOf(output) {
  // Stryker's lines begin with time and process; no line names a folder of this machine.
  const plain = output
    .replaceAll(/^\d\d:\d\d:\d\d \(\d+\) [A-Z]+ \w+ /gm, '')
    .replaceAll(`file://${root}/`, '')
    .replaceAll(root, '.');
  const lines = plain.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '' && !/^\s*… |^> /.test(line)).slice(-LINES);
}

await command(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined || !Object.hasOwn(scripts, script)) {
    const shown = script === undefined ? 'nothing' : JSON.stringify(script);
    throw new UsageError(
      `npm run campaign -- SCRIPT [its words]: package.json has no script ${shown}`,
    );
  }
  const words = ['run', script, ...(args.length > 0 ? ['--', ...args] : [])];
  const begin = Date.now();
  const show = (text) => process.stdout.write(text);
  const { code, output } = await run('npm', words, { cwd: root, say: show });
  const minutes = (Date.now() - begin) / 60000;
  const all = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  all[`npm ${words.join(' ')}`] = {
    ...(await conditions()),
    minutes: Number(minutes.toFixed(1)),
    code,
    said: saidOf(output),
  };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  fs.writeFileSync(file, `${JSON.stringify(sorted, null, 1)}\n`);
  return code;
});
