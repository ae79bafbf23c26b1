// SPDX-License-Identifier: MIT
/**
 * Gives a WebAssembly module a counter: each run of instructions, up to where control can part or a
 * function is called, first adds its length to an exported global, "instructions".
 */
import {
  bodiesOf,
  find,
  importsOf,
  instructionsOf,
  OP,
  Reader,
  SECTION,
  sectionsOf,
  weighs,
} from './wasm_code.mjs';

function number(value) {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 128);
  }
}

/** A positive number as a signed one. */
function signed(value) {
  const bytes = number(value);
  if ((bytes.at(-1) & 64) === 0) return bytes;
  bytes[bytes.length - 1] |= 128;
  return [...bytes, 0];
}

const I32 = 0x7f;
const add = (counter, count) => [
  0x23,
  ...number(counter),
  0x41,
  ...signed(count),
  0x6a,
  0x24,
  ...number(counter),
];

const parts = new Set([
  OP.block,
  OP.loop,
  OP.if,
  OP.else,
  OP.end,
  OP.br,
  OP.brIf,
  OP.brTable,
  OP.return,
  OP.call,
  OP.callIndirect,
  OP.unreachable,
]);

function countedBody(bytes, body, counter) {
  const out = [...bytes.subarray(body.begin, body.code)];
  let run = [];
  let length = 0;
  const flush = () => {
    if (length > 0) out.push(...add(counter, length));
    out.push(...run);
    run = [];
    length = 0;
  };
  for (const { at, end, code } of instructionsOf(bytes, body)) {
    run.push(...bytes.subarray(at, end));
    length += +weighs(code);
    if (parts.has(code)) flush();
  }
  flush();
  return [...number(out.length), ...out];
}

/** A section that counts what it holds, with one more. */
function withOneMore(bytes, section, more) {
  if (section === undefined) return [1, ...more];
  const reader = new Reader(bytes, section.begin);
  const count = reader.number();
  return [...number(count + 1), ...bytes.subarray(reader.at, section.end), ...more];
}

const countIn = (bytes, section) =>
  section === undefined ? 0 : new Reader(bytes, section.begin).number();

export function withCounter(bytes) {
  const sections = sectionsOf(bytes);
  const globals = find(sections, SECTION.global);
  const counter = importsOf(bytes, sections).globals + countIn(bytes, globals);
  const exported = [...new TextEncoder().encode('instructions')];
  const bodies = bodiesOf(bytes, sections);
  const changed = {
    [SECTION.global]: withOneMore(bytes, globals, [I32, 1, 0x41, 0, 0x0b]),
    [SECTION.export]: withOneMore(bytes, find(sections, SECTION.export), [
      ...number(exported.length),
      ...exported,
      3,
      ...number(counter),
    ]),
    [SECTION.code]: [
      ...number(bodies.length),
      ...bodies.flatMap((body) => countedBody(bytes, body, counter)),
    ],
  };
  const out = [...bytes.subarray(0, 8)];
  const push = (id, content) => {
    out.push(id, ...number(content.length));
    for (const byte of content) out.push(byte);
  };
  let hasGlobals = globals !== undefined;
  for (const { id, begin, end } of sections) {
    if (!hasGlobals && id >= SECTION.export) {
      push(SECTION.global, changed[SECTION.global]);
      hasGlobals = true;
    }
    push(id, changed[id] ?? bytes.subarray(begin, end));
  }
  return Uint8Array.from(out);
}
