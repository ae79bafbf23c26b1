// SPDX-License-Identifier: MIT
/** Plants each fault in code, and shows that the analysis finds it. */
import { withCounter } from './wasm_counter.mjs';
import { Fault, longestPath } from './longest_path.mjs';
import { readMachineCode } from './machine_code.mjs';
import { readWasm } from './wasm_code.mjs';

const line = (at, text) => `    ${at.toString(16)}:\t${text}`;

/** objdump's text of functions, each a list of instructions two bytes apart. */
function listing(functions) {
  let at = 0x8000;
  return Object.entries(functions)
    .flatMap(([name, code]) => [
      `${at.toString(16).padStart(8, '0')} <${name}>:`,
      ...code.map((text) => line((at += 2) - 2, text)),
      '',
    ])
    .join('\n');
}

const thumb = (functions) => readMachineCode(listing(functions), 'thumb');
const x86 = (functions) => readMachineCode(listing(functions), 'x86-64');

function faultOf(program, options) {
  try {
    longestPath(program, 'f', options);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

const faults = [
  ['a loop', thumb({ f: ['subs\tr0, #1', 'bne.n\t8000 <f>', 'bx\tlr'] })],
  ['a loop', thumb({ f: ['cbz\tr0, 8004 <f+0x4>', 'b.n\t8000 <f>', 'bx\tlr'] })],
  ['recursion', thumb({ f: ['bl\t8004 <g>', 'bx\tlr'], g: ['bl\t8000 <f>', 'bx\tlr'] })],
  ['an indirect branch', thumb({ f: ['blx\tr3', 'bx\tlr'] })],
  ['an indirect branch', thumb({ f: ['tbb\t[pc, r0]', 'bx\tlr'] })],
  ['an indirect branch', thumb({ f: ['bx\tr3'] })],
  ['a write to pc', thumb({ f: ['mov\tpc, r3'] })],
  ['no code', thumb({ f: ['b.n\t9000 <g>'] })],
  ['a loop', x86({ f: ['dec\t%eax', 'jne\t8000 <f>', 'ret'] })],
  ['an indirect call', x86({ f: ['call\t*%rax', 'ret'] })],
  ['an indirect jump', x86({ f: ['notrack jmp\t*%rax'] })],
  ['an instruction that repeats', x86({ f: ['rep stos %al,%es:(%rdi)', 'ret'] })],
  ['recursion', x86({ f: ['call\t8000 <f>', 'ret'] })],
];

const counts = [
  [3, thumb({ f: ['cbz\tr0, 8004 <f+0x4>', 'nop', 'bx\tlr'] })],
  // One that happens only if the condition holds goes on.
  [4, thumb({ f: ['it\teq', 'bxeq\tlr', 'nop', 'pop\t{r4, pc}', 'nop'] })],
  [5, thumb({ f: ['bl\t8004 <g>', 'pop\t{pc}'], g: ['nop', 'nop', 'bx\tlr'] })],
  [3, thumb({ f: ['b.w\t8002 <g>'], g: ['nop', 'bx\tlr'] })],
  [7, thumb({ f: ['subs\tr0, #1', 'bne.n\t8000 <f>', 'bx\tlr'] }), { rounds: 2 }],
  [2, thumb({ f: ['bl\t8004 <g>', 'bx\tlr'], g: ['b.n\t8004 <g>'] }), { outside: ['g'] }],
  [
    2,
    thumb({ f: ['cbz\tr0, 8008 <g>', 'bx\tlr', 'nop', 'nop'], g: ['nop', 'bx\tlr'] }),
    { never: ['g'] },
  ],
  [3, x86({ f: ['je\t8004 <f+0x4>', 'nop', 'ret'] })],
];

const named = (name) => [name.length, ...Buffer.from(name)];
const section = (id, bytes) => [id, bytes.length, ...bytes];

/** A module whose one function, "f" (an i32 to an i32), has this code. */
function moduleOf(code) {
  const body = [0, ...code, 0x0b];
  const names = [...named('name'), 1, 4, 1, 0, ...named('f')];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...named('f'), 0, 0]),
    ...section(10, [1, body.length, ...body]),
    ...section(0, names),
  ]);
}

// if (x) { x = 1; 2 more } else nothing; then x: 2 + 2 + 1 of them are executed at most.
const branches = [0x20, 0, 0x04, 0x40, 0x41, 1, 0x21, 0, 0x0b, 0x20, 0];
// loop { x -= 1; while (x) }; then x
const loops = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x20, 0];
const recursion = [0x20, 0, 0x10, 0];

function counted(code, argument) {
  const module = new WebAssembly.Module(withCounter(moduleOf(code)));
  const { exports } = new WebAssembly.Instance(module, {});
  exports.f(argument);
  return exports.instructions.value;
}

export function planted(check) {
  for (const [what, program] of faults) {
    check(faultOf(program)?.startsWith(what), `${what} is not found: ${faultOf(program)}`);
  }
  for (const [count, program, options] of counts) {
    const found = longestPath(program, 'f', options).count;
    check(found === count, `a way of ${count} instructions is counted as ${found}`);
  }
  const wasm = (code) => readWasm(moduleOf(code));
  check(faultOf(wasm(loops))?.startsWith('a loop'), 'a loop in wasm is not found');
  check(faultOf(wasm(recursion))?.startsWith('recursion'), 'recursion in wasm is not found');
  check(longestPath(wasm(branches), 'f').count === 5, 'the length of a way in wasm is wrong');
  check(
    longestPath(wasm(loops), 'f', { rounds: 3 }).count === 21,
    'the length of rounds in wasm is wrong',
  );
  check(counted(branches, 1) === 5 && counted(branches, 0) === 3, 'wasm is counted wrong');
  check(counted(loops, 4) === 21, 'a loop in wasm is counted wrong');
}
