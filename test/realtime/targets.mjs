// SPDX-License-Identifier: MIT
/**
 * The machines that instructions are counted on: how the library and the counting program are built
 * for each, their code as a graph, and how the program is run.
 */
import fs from 'node:fs';
import path from 'node:path';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { readMachineCode } from './machine_code.mjs';
import { readWasm } from './wasm_code.mjs';
import { withCounter } from './wasm_counter.mjs';

const here = path.join(root, 'test', 'realtime', 'search');
const sources = coreSources.map((file) => path.join(root, file));
const common = ['-O2', '-std=gnu11', `-I${path.join(root, 'include')}`];

/** Functions that the library calls and whose instructions do not count as its own. */
export const OUTSIDE = ['segfit_panic'];
const COPIES = [
  'memcpy',
  'memmove',
  'memcpy@plt',
  'memmove@plt',
  '__aeabi_memcpy',
  '__aeabi_memmove',
];
const CLEARS = ['memset', 'memset@plt', '__aeabi_memset', '__aeabi_memclr', '__aeabi_memclr4'];
export const COPYING = [...COPIES, '__aeabi_memcpy4', 'memory.copy'];
export const BYTES = [...COPYING, ...CLEARS, 'memory.fill'];

const clangs = ['clang-19', 'clang-20', 'clang-18', 'clang-17', 'clang-16', 'clang-14', 'clang'];
const firstOf = (names) => names.find((name) => onPath(name) !== undefined);

async function objdump(tool, image, machine) {
  return readMachineCode(await must(tool, ['-d', '--no-show-raw-insn', image]), machine);
}

/** Compiles each source to a file of its name that ends as `ending` says; gives those. */
function compileAll(compiler, flags, folder, files, ending = '.o') {
  fs.mkdirSync(folder, { recursive: true });
  const compile = async (file) => {
    const output = path.join(folder, `${path.basename(file, '.c')}${ending}`);
    await must(compiler, [...common, ...flags, ending === '.s' ? '-S' : '-c', file, '-o', output]);
    return output;
  };
  return Promise.all(files.map(compile));
}

/** The bytes of each function's frame, from the compiler's own notes beside the objects. */
function framesIn(objects) {
  const frames = new Map();
  for (const object of objects) {
    const notes = object.replace(/\.[os]$/, '.su');
    // clang writes none for a file whose functions are all inline.
    if (!fs.existsSync(notes)) continue;
    const text = fs.readFileSync(notes, 'utf8');
    for (const line of text.trim().split('\n')) {
      const [where, bytes, kind] = line.split('\t');
      if (kind === 'dynamic') throw new Failure(`${where}: a frame of no fixed size`);
      // clang notes the linker's names, which hold the settings; gcc does so for a function's
      // copies.
      const name = where
        ?.split(':')
        .at(-1)
        .replace(/^\*|__for_SEGFIT_ALIGN_\w+/g, '');
      if (name) frames.set(name, Math.max(frames.get(name) ?? 0, Number(bytes)));
    }
  }
  return frames;
}

/**
 * Returns what the counting program printed: for each heap, {heap, blocks, fixed: {…}, most: {…}}.
 */
export function figuresOf(output) {
  const heaps = [];
  for (const [, name, text] of output.matchAll(/^(\w+) (\d+)$/gm)) {
    const value = Number(text);
    const [, phase, operation] = /^(fixed|most)_(\w+)$/.exec(name) ?? [];
    if (name === 'heap') heaps.push({ heap: value, blocks: 0, fixed: {}, most: {} });
    else if (name === 'blocks') heaps.at(-1).blocks = value;
    else if (phase !== undefined) heaps.at(-1)[phase][operation] = value;
  }
  return heaps;
}

async function runImage(command, args) {
  const { code, output } = await run('timeout', ['300', command, ...args]);
  if (code !== 0) throw new Failure(`the counting program failed (${code}):\n${output}`);
  return figuresOf(output);
}

// ---------------------------------------------------------------------------------------- Cortex-M4

const bareGcc = ['-mcpu=cortex-m4', '-mthumb', '-ffreestanding'];
const bareClang = [
  '--target=thumbv7em-none-eabi',
  '-mcpu=cortex-m4',
  '-ffreestanding',
  '-fshort-enums',
];
const qemu = [
  '-M',
  'netduinoplus2',
  '-nographic',
  '-monitor',
  'none',
  '-serial',
  'null',
  '-semihosting-config',
  'enable=on,target=native',
  '-icount',
  'shift=10',
];

function cortexM4(title, compiler, target) {
  return {
    title,
    rows: 14,
    compiler,
    needs: { 'arm-none-eabi-gcc': 'gcc-arm-none-eabi', 'qemu-system-arm': 'qemu-system-arm' },
    async make(folder, flags, { rounds, seed }) {
      const defined = [`-DMACHINE="cortex_m4.h"`, `-DROUNDS=${rounds}`, `-DSEED=${seed}`];
      const all = [...target, '-fstack-usage', ...flags, ...defined];
      const programs = ['cortex_m4', 'search'].map((name) => path.join(here, `${name}.c`));
      const objects = await compileAll(compiler, all, folder, [...sources, ...programs]);
      const image = path.join(folder, 'count.elf');
      const script = path.join(here, 'cortex_m4.ld');
      const link = ['-mcpu=cortex-m4', '-mthumb', '-nostdlib', '-nostartfiles', '-T', script];
      await must('arm-none-eabi-gcc', [...link, ...objects, '-o', image]);
      return {
        program: await objdump('arm-none-eabi-objdump', image, 'thumb'),
        frames: framesIn(objects),
        count: () => runImage('qemu-system-arm', [...qemu, '-kernel', image]),
      };
    },
  };
}

// ------------------------------------------------------------------------------------------- x86-64

/** Assembly with an instruction that counts before each one. */
export function countingAssembly(text) {
  return text.replace(/^\t(?=[a-z])/gm, '\tpaddq\t%xmm15, %xmm14\n\t');
}

/**
 * Neither program nor library may use the counter's registers; bytes are copied by the C library.
 */
const x86Flags = [
  '-mgeneral-regs-only',
  '-fno-pie',
  '-fcf-protection=none',
  '-fno-asynchronous-unwind-tables',
];

function x86(title, compiler) {
  return {
    title,
    rows: 18,
    compiler,
    needs: { [compiler ?? 'clang']: 'clang', objdump: 'binutils' },
    async make(folder, flags, { rounds, seed }) {
      const all = [...x86Flags, '-fstack-usage', ...flags, '-DMACHINE="x86_64.h"'];
      const programs = ['search', 'x86_64'].map((name) => path.join(here, `${name}.c`));
      const plain = await compileAll(compiler, all, folder, [...sources, ...programs], '.s');
      const counting = plain.map((file) => {
        if (file.endsWith('x86_64.s')) return file;
        const output = file.replace(/\.s$/, '.counting.s');
        fs.writeFileSync(output, countingAssembly(fs.readFileSync(file, 'utf8')));
        return output;
      });
      const image = path.join(folder, 'plain');
      const counter = path.join(folder, 'counting');
      const link = (files, output) => must(compiler, ['-no-pie', ...files, '-o', output]);
      await Promise.all([link(plain, image), link(counting, counter)]);
      return {
        program: await objdump('objdump', image, 'x86-64'),
        frames: framesIn(plain),
        count: () => runImage(counter, [String(rounds), String(seed)]),
      };
    },
  };
}

// --------------------------------------------------------------------------------------------- wasm

const wasmHeaps = [
  [64 << 10, 0],
  [4 << 20, 0],
  [4 << 20, 100_000],
];

async function countWasm(bytes, { rounds, seed }) {
  let exports;
  const heaps = [];
  const nameAt = (at) => {
    const memory = new Uint8Array(exports.memory.buffer, at);
    return new TextDecoder().decode(memory.subarray(0, memory.indexOf(0)));
  };
  const host = {
    count: () => exports.instructions.value,
    print(at, value) {
      const [, phase, operation] = /^(fixed|most)_(\w+)$/.exec(nameAt(at));
      heaps.at(-1)[phase][operation] = value;
    },
  };
  for (const [heap, blocks] of wasmHeaps) {
    ({
      instance: { exports },
    } = await WebAssembly.instantiate(withCounter(bytes), { host }));
    heaps.push({ heap, blocks, fixed: {}, most: {} });
    if (!exports.search(heap, blocks, rounds, seed)) throw new Failure('the heap is broken');
  }
  return heaps;
}

function wasm(compiler) {
  return {
    title: 'wasm, clang',
    rows: 18,
    compiler,
    needs: { [compiler ?? 'clang']: 'clang lld' },
    async make(folder, flags, search) {
      const target = [
        '--target=wasm32',
        '-ffreestanding',
        '-mbulk-memory',
        ...flags,
        '-DMACHINE="wasm.h"',
      ];
      const programs = ['wasm', 'search'].map((name) => path.join(here, `${name}.c`));
      const objects = await compileAll(compiler, target, folder, [...sources, ...programs]);
      const image = path.join(folder, 'count.wasm');
      // Without -O, since clang then runs whatever wasm-opt it finds.
      await must(compiler, [
        '--target=wasm32',
        '-nostdlib',
        '-Wl,--no-entry',
        ...objects,
        '-o',
        image,
      ]);
      const bytes = fs.readFileSync(image);
      return { program: readWasm(bytes), count: () => countWasm(bytes, search) };
    },
  };
}

const clang = firstOf(clangs);
export const targets = [
  cortexM4('Cortex-M4, gcc', 'arm-none-eabi-gcc', bareGcc),
  cortexM4('Cortex-M4, clang', clang, bareClang),
  x86('x86-64, gcc', 'gcc'),
  x86('x86-64, clang', clang),
  wasm(clang),
];

/** Returns in words what a target lacks on this machine, or undefined if nothing. */
export function lacks({ needs }) {
  const missing = Object.entries(needs).find(([tool]) => onPath(tool) === undefined);
  if (missing !== undefined) return `needs ${missing[0]} (Debian: apt-get install ${missing[1]})`;
  return process.arch !== 'x64' && needs.objdump !== undefined ? 'needs an x86-64' : undefined;
}

/**
 * The builds of the library that are looked at: those of which design.md's goals speak, without
 * figures and with a fixed geometry, and those that are compiled without any flag but the level's.
 */
export const variants = [0, 1, 2, 3].flatMap((level) => [
  { name: `level ${level}`, level, fixed: true, flags: ['-DSEGFIT_STATS=0'] },
  { name: `level ${level}, figures, any geometry`, level, fixed: false, flags: [] },
]);

/** A target's build of a variant, in a folder of its own. */
export function makeTarget(target, variant, search) {
  const name = `${target.title} ${variant.name}`.replaceAll(/\W+/g, '-');
  const rows = variant.fixed ? [`-DSEGFIT_FIXED_ROWS=${target.rows}`] : [];
  const one = ['-DSEGFIT_SERVES_MALLOC=0', `-DSEGFIT_CHECK=${variant.level}`];
  const flags = [...one, ...variant.flags, ...rows];
  return target.make(path.join(build, 'realtime', name), flags, search);
}
