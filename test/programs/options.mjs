// SPDX-License-Identifier: MIT
/**
 * SEGFIT_OPTIONS, which programs with segfit by LD_PRELOAD read: each option, and each kind of bad
 * input.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must, run } from '../../wasm/toolchain/steps.mjs';
import { preloadLibrary } from './preload.mjs';

const source = path.join(root, 'test/programs/preload/settings.c');
const huge = '9'.repeat(40);

/** The expected exit code and output of each run. `words` are the arguments of settings.c. */
const runs = [
  { options: '', prints: /^taken 0 KiB$/m },
  { options: 'reserve=0', prints: /^taken 0 KiB$/m },
  { options: 'reserve=300000', prints: /^taken (512|768) KiB$/m },
  { options: 'reserve=3000k', prints: /^taken 3072 KiB$/m },
  { options: 'reserve=3000K', prints: /^taken 3072 KiB$/m },
  { options: 'reserve=64M', prints: /^taken 6(5536|5792) KiB$/m },
  { options: 'reserve=1G', prints: /^taken 1048(576|832) KiB$/m },
  { options: 'stats=exit', prints: /^segfit malloc: \d+ bytes taken$/m },
  { options: 'stats=exit', words: ['close'], prints: /^segfit malloc: \d+ bytes taken$/m },
  { options: 'reserve=1M,stats=exit,panic=abort', prints: /^segfit malloc: \d{7} bytes taken$/m },
  {
    options: 'panic=continue',
    words: ['twice'],
    prints: /^(?=[^]*was freed before$)[^]*freed twice$/m,
  },
  { options: 'panic=abort', words: ['twice'], code: 128, prints: /was freed before$/m },
  { options: '', words: ['twice'], code: 128, prints: /was freed before$/m },
  { options: 'help', prints: /^SEGFIT_OPTIONS=name[^]*panic=[^]*reserve=[^]*stats=[^]*help/ },
  ...[
    ['stat=exit', '"stat" is no option'],
    ['Stats=exit', '"Stats" is no option'],
    ['unknown', '"unknown" is no option'],
    ['stats=exit,unknown=1', '"unknown" is no option'],
    [' stats=exit', '" stats" is no option'],
    ['stats =exit', '"stats " is no option'],
    ['stats=exit ', '"stats=exit "'],
    ['stats=exit;reserve=1', '"stats=exit;reserve=1"'],
    ['reserve=1\tk', '"reserve=1?k"'],
    ['\u00e9=1', '"??" is no option'],
    ['=', '"" is no option'],
    ['=exit', '"" is no option'],
    [',', '"" is no option'],
    ['stats=exit,', '"" is no option'],
    [',stats=exit', '"" is no option'],
    ['stats=exit,,reserve=1', '"" is no option'],
    ['stats=exit,stats=exit', '"stats" is given twice'],
    ['reserve=1,panic=abort,reserve=2', '"reserve" is given twice'],
    ['stats', '"stats": the value must be exit'],
    ['stats=', '"stats=": the value must be exit'],
    ['stats=1', '"stats=1": the value must be exit'],
    ['stats=exit=1', '"stats=exit=1": the value must be exit'],
    ['panic=no', '"panic=no": the value must be abort or continue'],
    ['panic', '"panic": the value must be abort or continue'],
    ['help=1', '"help" is no option'],
    ...['', '-1', '+1', '1.5M', '0x10', '1kB', '1m', '1T', 'M', '1 M', '1M1', huge].map((size) => [
      `reserve=${size}`,
      `"reserve=${size}": the value must be a size`,
    ]),
    ['reserve=18446744073709551616', 'the value must be a size'],
    ['reserve=17179869184G', 'the value must be a size'],
    ['reserve=18446744073709551615', '"reserve": the system does not grant that much memory'],
    ['reserve=100000G', '"reserve": the system does not grant that much memory'],
    ['x'.repeat(1000), `"${'x'.repeat(64)}..." is no option`],
  ].map(([options, text]) => ({ options, code: 2, refuses: text })),
];

/** Names of variables that look like segfit's and are not. */
const misspelt = ['SEGFIT_OPTION', 'SEGFIT_STATS', 'SEGFIT_OPTIONS_'];

function wrong({ code: expected = 0, prints = /(?:)/, refuses }, { code, output }) {
  const ran = /^taken/m.test(output);
  const said = refuses === undefined ? prints.test(output) : output.includes(`: ${refuses}`);
  const alone = refuses === undefined || (!ran && output.split('\n').length === 2);
  return code === expected && said && alone ? undefined : `exit code ${code}\n${output}`;
}

/** A program that runs with more rights than its caller does not read the variable. */
async function checkSecure(target, library) {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-secure-'));
  const program = path.join(place, 'settings');
  const copy = path.join(place, 'libsegfit-malloc-preload.so');
  try {
    fs.chmodSync(place, 0o755);
    fs.copyFileSync(library, copy);
    fs.chmodSync(copy, 0o755);
    await must(target.cc[0], ['-O1', source, copy, '-o', program, `-Wl,-rpath,${place}`]);
    const env = { SEGFIT_OPTIONS: 'unknown' };
    fs.chmodSync(program, 0o755);
    const plain = await run('setpriv', ['--reuid=65534', '--clear-groups', program], { env });
    fs.chmodSync(program, 0o4755);
    const secure = await run('setpriv', ['--reuid=65534', '--clear-groups', program], { env });
    const right = plain.code === 2 && secure.code === 0 && /^taken 0 KiB$/m.test(secure.output);
    return right ? undefined : `plain: ${plain.output}\nsecure: ${secure.code} ${secure.output}`;
  } finally {
    fs.rmSync(place, { recursive: true });
  }
}

/** Hands each check to `check`, by title and work. */
export async function checkOptions(target, check, filter) {
  if (process.platform !== 'linux') return;
  const titleOf = ({ options, words = [] }) =>
    `options, ${JSON.stringify(options).slice(0, 60)}${words.map((word) => `, ${word}`).join('')}`;
  const chosen = runs.filter((one) => titleOf(one).includes(filter));
  const others = ['options, misspelt variables', 'options, with more rights than the caller'];
  if (chosen.length === 0 && !others.some((title) => title.includes(filter))) return;
  const library = await preloadLibrary(target);
  const object = path.join(target.folder, 'preload', 'settings.o');
  const { program } = await target.link('preload-settings', [
    await target.compile(source, object, ['-O1', '-fno-builtin']),
  ]);
  const runWith = (env, words = []) =>
    run(program, words, { env: { LD_PRELOAD: library, ...env } });
  for (const one of chosen) {
    const work = async () => wrong(one, await runWith({ SEGFIT_OPTIONS: one.options }, one.words));
    await check(titleOf(one), work);
  }
  await check(others[0], async () => {
    for (const name of misspelt) {
      const refuses = `"${name}" is no variable`;
      const found = wrong({ code: 2, refuses }, await runWith({ [name]: '1' }));
      if (found !== undefined) return found;
    }
    return wrong({}, await runWith({ SEGFIT_RECORD_FILE: '', MY_SEGFIT_STATS: '1' }));
  });
  if (process.getuid() !== 0) {
    console.log(`  ${others[1]}: only the superuser can make such a program; not run`);
    return;
  }
  await check(others[1], () => checkSecure(target, library));
}
