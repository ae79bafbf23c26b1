#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Real programs and contract tests with segfit as malloc: node test/programs/run.mjs [FILTER]
 *
 * Lua and SQLite are built for each platform with segfit as the archive and as the single file.
 * Their output must equal, byte for byte, their native output with the C library's own malloc, and
 * the link map must name no other malloc. Then test/c/malloc runs, in each way of linking.
 */
import path from 'node:path';
import { command, inParallel, step, tail } from '../../wasm/toolchain/steps.mjs';
import { commandArguments } from '../../wasm/toolchain/arguments.mjs';
import { archiveFor, generateSingle, malloc, namesIn, otherMallocs, single } from './backend.mjs';
import { allContracts, runContract, runWorkers, titleOf } from './contracts.mjs';
import { expectedNames, expectedPrefixed, linkerNames } from './names.mjs';
import { checkOptions } from './options.mjs';
import { checkPreload } from './preload.mjs';
import { allPrograms, compileProgram } from './programs.mjs';
import { checkSystem } from './system.mjs';
import { allTargets } from './targets.mjs';
import { allWays } from './ways.mjs';

const counts = { passed: 0, failed: 0 };

/**
 * Runs one check. `work` returns a problem as text, or undefined; an exception is a problem, too.
 * `remark` gives a word more, said either way.
 */
async function check(title, work, remark = () => '') {
  let wrong;
  try {
    wrong = await work();
  } catch (error) {
    wrong = error.stack ?? String(error);
  }
  counts[wrong === undefined ? 'passed' : 'failed']++;
  const more = remark();
  console.log(`  ${title}: ${wrong === undefined ? 'ok' : 'FAILED'}${more && ` (${more})`}`);
  if (wrong !== undefined) console.log(tail(wrong, 30).replaceAll(/^/gm, '    '));
}

/** The first line in which two texts differ, told to a reader. */
function difference(expected, actual) {
  if (expected === actual) return undefined;
  const [wanted, got] = [expected.split('\n'), actual.split('\n')];
  const line = wanted.findIndex((text, index) => text !== got[index]);
  const at = line < 0 ? wanted.length : line;
  return `line ${at + 1}: expected ${JSON.stringify(wanted[at])}, got ${JSON.stringify(got[at])}`;
}

/** Returns the output of a program with the malloc of this system's C library. */
async function reference(program, native) {
  const objects = await compileProgram(program, native);
  const linked = await native.link(`${program.name}-reference`, objects);
  const { code, output } = await native.run(linked.program, program.args, program.input);
  if (code !== 0 || output.length < 100)
    throw new Error(`${program.name} fails natively\n${output}`);
  return output;
}

/** Links a program; on wasm the linker says its map. */
function linkWithMap(program, target, form, inputs) {
  const libraries = program[target.name]?.libraries ?? [];
  const flags = target.name === 'native' ? [] : ['-Wl,--print-map'];
  if (target.name === 'emscripten') flags.push('-sALLOW_MEMORY_GROWTH');
  return target.link(`${program.name}-${form}`, [...inputs, ...libraries], flags);
}

/** That all of malloc comes from segfit, and that it would be noticed if it did not. */
async function checkMap(target, linked, control) {
  if (target.name === 'native') {
    const names = await namesIn(target, linked.program);
    const missing = expectedNames.native.filter((name) => !names.includes(name));
    return missing.length === 0 ? undefined : `not in the program: ${missing.join(', ')}`;
  }
  const others = otherMallocs(linked.said);
  if (others.length > 0) return `the link map names ${others.join(', ')}`;
  if (!linked.said.includes('process_alloc')) return 'the link map does not name segfit';
  const without = otherMallocs(control.said);
  return without.length > 0 ? undefined : 'the map shows no malloc without segfit either';
}

async function checkProgram(program, target, expected) {
  const objects = await compileProgram(program, target);
  const control = await linkWithMap(program, target, 'control', objects);
  const forms = {
    archive: await archiveFor(target),
    'single file': await target.compile(single, path.join(target.folder, 'single.o'), ['-O2']),
  };
  for (const [form, backend] of Object.entries(forms)) {
    const title = `${program.name}, ${target.name}, ${form}`;
    const linked = await linkWithMap(program, target, form.replace(' ', '-'), [
      ...objects,
      backend,
    ]);
    await check(`${title}: output`, async () => {
      const { code, output } = await target.run(linked.program, program.args, program.input);
      return code === 0 ? difference(expected, output) : `exit code ${code}\n${output}`;
    });
    await check(`${title}: no other malloc`, () => checkMap(target, linked, control));
  }
}

/** That an object shows exactly these names. */
async function checkNames(target, define, wanted) {
  const flags = ['-O2', '-fno-builtin', '-DSEGFIT_MALLOC=1', ...define];
  const object = path.join(target.folder, `names${define.length}.o`);
  const names = await namesIn(target, await target.compile(malloc, object, flags));
  const missing = wanted.filter((name) => !names.includes(name));
  const surplus = names.filter((name) => !wanted.includes(name));
  if (missing.length + surplus.length === 0) return undefined;
  return `missing: ${missing.join(', ') || 'none'}; surplus: ${surplus.join(', ') || 'none'}`;
}

/** A malloc without a lock must not be compiled into a program whose memory is shared. */
async function checkThreads(target, flag) {
  const flags = ['-DSEGFIT_MALLOC=1', '-DSEGFIT_THREADS=0', flag];
  try {
    await target.compile(malloc, path.join(target.folder, 'threads.o'), flags);
  } catch (error) {
    return error.message.includes('does not lock') ? undefined : error.message;
  }
  return 'compiled';
}

async function checkObjects(targets, filter) {
  const threads = { wasi: '-matomics', emscripten: '-pthread' };
  for (const target of Object.values(targets)) {
    if (!`names, ${target.name}`.includes(filter)) continue;
    const { name } = target;
    const everywhere = linkerNames[name];
    await check(`names, ${name}`, () =>
      checkNames(target, [], [...expectedNames[name], ...everywhere]),
    );
    const define = ['-DSEGFIT_MALLOC_PREFIX=my_'];
    await check(`names, ${name}, prefixed`, () =>
      checkNames(target, define, [...expectedPrefixed[name], ...everywhere]),
    );
    if (threads[name] === undefined) continue;
    await check(`no lock and shared memory are refused, ${name}`, () =>
      checkThreads(target, threads[name]),
    );
  }
}

/** A real program on each platform that the filter names. */
async function checkProgramEverywhere(program, targets, filter) {
  const wanted = Object.values(targets).filter(({ name }) =>
    `${program.name}, ${name}`.includes(filter),
  );
  if (wanted.length === 0) return;
  const expected = await step(`Building ${program.name} natively`, () =>
    reference(program, targets.native),
  );
  for (const target of wanted) {
    try {
      await checkProgram(program, target, expected);
    } catch (error) {
      await check(`${program.name}, ${target.name}: builds`, () => error.message);
    }
  }
}

await command(async () => {
  const usage = 'usage: node test/programs/run.mjs [PART-OF-A-NAME]';
  const filter = commandArguments({ usage, most: 1 }).names[0] ?? '';
  const targets = await allTargets();
  await generateSingle();
  await checkObjects(targets, filter);
  const workers = 'workers.c, wasi, over one memory';
  const contracts = allContracts
    .map((test) => [titleOf(test), () => runContract(test, targets)])
    .concat([[workers, () => runWorkers(targets.wasi)]])
    .concat(allWays(targets));
  const programs = await allPrograms();
  const works = [
    // First what takes longest, one after another.
    () => checkPreload(targets.native, check, filter),
    () => checkSystem(targets.native, check, filter),
    () => checkOptions(targets.native, check, filter),
    ...programs.map((program) => () => checkProgramEverywhere(program, targets, filter)),
    ...contracts
      .filter(([title]) => title.includes(filter))
      .map(
        ([title, work]) =>
          () =>
            check(title, work),
      ),
  ];
  await inParallel(works, (work) => work());
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});
