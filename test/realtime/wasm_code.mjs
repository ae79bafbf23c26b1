// SPDX-License-Identifier: MIT
/**
 * A WebAssembly module's functions as graphs of instructions, as machine_code.mjs gives them: its
 * control structure resolved, so that only a branch to a `loop` leads back. `block`, `loop`, `else`
 * and `end` are no instructions and weigh nothing.
 */

export const SECTION = { custom: 0, import: 2, global: 6, export: 7, code: 10 };

/** Reads bytes one after another. */
export class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  name() {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
}

/** {id, begin, end} of each section's content. */
export function sectionsOf(bytes) {
  const reader = new Reader(bytes, 8);
  const sections = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    sections.push({ id, begin: reader.at, end: reader.at + size });
    reader.at += size;
  }
  return sections;
}

export const find = (sections, id) => sections.find((section) => section.id === id);

/** How many functions and globals are imported; other things are not, but for memories. */
export function importsOf(bytes, sections) {
  const found = { functions: 0, globals: 0 };
  const section = find(sections, SECTION.import);
  if (section === undefined) return found;
  const reader = new Reader(bytes, section.begin);
  for (let left = reader.number(); left > 0; left--) {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === 0) {
      reader.number();
      found.functions++;
    } else if (kind === 2) {
      const limits = reader.byte();
      reader.number();
      if (limits & 1) reader.number();
    } else throw new Error(`an import of kind ${kind}`);
  }
  return found;
}

/** Names by the functions' indices, from the module's name section. */
function namesOf(bytes, sections) {
  const names = new Map();
  for (const { id, begin, end } of sections) {
    const reader = new Reader(bytes, begin);
    if (id !== SECTION.custom || reader.name() !== 'name') continue;
    while (reader.at < end) {
      const kind = reader.byte();
      const size = reader.number();
      const next = reader.at + size;
      if (kind === 1) {
        for (let left = reader.number(); left > 0; left--)
          names.set(reader.number(), reader.name());
      }
      reader.at = next;
    }
  }
  return names;
}

/**
 * The numbers that follow an instruction, read over; what a branch or call needs of them comes
 * back.
 */
function immediates(reader, code) {
  if (code >= 0x02 && code <= 0x04) return { type: reader.number() };
  if (code === 0x0c || code === 0x0d) return { labels: [reader.number()] };
  if (code === 0x0e) {
    const labels = [];
    for (let left = reader.number(); left >= 0; left--) labels.push(reader.number());
    return { labels };
  }
  if (code === 0x10) return { callee: reader.number() };
  if (code === 0x1c) {
    for (let left = reader.number(); left > 0; left--) reader.byte();
  } else if (code >= 0x28 && code <= 0x3e) {
    reader.number();
    reader.number();
  } else if (code === 0x11) {
    reader.number();
    reader.number();
  } else if ((code >= 0x20 && code <= 0x26) || code === 0xd2) reader.number();
  else if (code === 0x3f || code === 0x40 || code === 0xd0) reader.byte();
  else if (code === 0x41 || code === 0x42) reader.number();
  else if (code === 0x43) reader.at += 4;
  else if (code === 0x44) reader.at += 8;
  else if (code === 0xfc) return { bulk: bulk(reader) };
  else if (code === 0xfe) atomic(reader);
  else if (code > 0xc4) throw new Error(`an instruction 0x${code.toString(16)}`);
  return {};
}

/** A fence has a byte, everything else of threads an alignment and an offset. */
function atomic(reader) {
  if (reader.number() === 3) reader.byte();
  else {
    reader.number();
    reader.number();
  }
}

const BULK = {
  8: ['memory.init', 2],
  9: ['data.drop', 1],
  10: ['memory.copy', 2],
  11: ['memory.fill', 1],
};

function bulk(reader) {
  const code = reader.number();
  if (code < 8) return undefined;
  const known = BULK[code];
  if (known === undefined) throw new Error(`an instruction 0xfc ${code}`);
  for (let left = known[1]; left > 0; left--) reader.number();
  return known[0];
}

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
};

/** The bodies of a module's functions: {index, begin, code, end}, `code` behind the locals. */
export function bodiesOf(bytes, sections) {
  const first = importsOf(bytes, sections).functions;
  const reader = new Reader(bytes, find(sections, SECTION.code).begin);
  return Array.from({ length: reader.number() }, (_, i) => {
    const size = reader.number();
    const begin = reader.at;
    for (let left = reader.number(); left > 0; left--) {
      reader.number();
      reader.byte();
    }
    const body = { index: first + i, begin, code: reader.at, end: begin + size };
    reader.at = body.end;
    return body;
  });
}

/** The instructions of a body: {at, end, code, …immediates}. */
export function* instructionsOf(bytes, { code: begin, end }) {
  const reader = new Reader(bytes, begin);
  while (reader.at < end) {
    const at = reader.at;
    const code = reader.byte();
    yield { at, code, ...immediates(reader, code), end: reader.at };
  }
}

const weightless = new Set([OP.block, OP.loop, OP.else, OP.end]);
export const weighs = (code) => !weightless.has(code);

/** Adds a body's nodes, which go by their place in the file. */
function addBody(nodes, bytes, body, owner, entries) {
  const all = [...instructionsOf(bytes, body)];
  const open = [{ wait: [] }];
  const branch = (node, depth) => {
    const label = open[open.length - 1 - depth];
    if (label.loop === undefined) label.wait.push(node);
    else node.next.push(label.loop);
  };
  for (const { at, code, end, labels = [], callee, bulk: memory } of all) {
    const text = memory ?? `0x${code.toString(16)}`;
    const node = {
      at,
      text,
      owner,
      next: [],
      call: entries.get(callee ?? memory),
      weight: +weighs(code),
    };
    nodes.set(at, node);
    const endsHere = [OP.unreachable, OP.br, OP.brTable, OP.return, OP.else].includes(code);
    if (code === OP.callIndirect) node.fault = 'an indirect call';
    if (code === OP.block || code === OP.loop || code === OP.if) {
      open.push({
        wait: [],
        loop: code === OP.loop ? at : undefined,
        if: code === OP.if ? node : undefined,
      });
    }
    for (const depth of new Set(labels)) branch(node, depth);
    const label = open.at(-1);
    if (code === OP.else) {
      label.if.next.push(end);
      label.if = undefined;
      label.wait.push(node);
    }
    if (code === OP.end) {
      open.pop();
      for (const one of label.wait) one.next.push(at);
      label.if?.next.push(at);
    }
    if (!endsHere && open.length > 0) node.next.push(end);
  }
}

/** {nodes, functions} of a module: functions by name, memory.copy and memory.fill among them. */
export function readWasm(bytes) {
  const sections = sectionsOf(bytes);
  const names = namesOf(bytes, sections);
  const bodies = bodiesOf(bytes, sections);
  // A function without a body here gets a number that is no place in the file.
  const entries = new Map(Object.values(BULK).map(([name], i) => [name, -1 - i]));
  for (let i = 0; i < importsOf(bytes, sections).functions; i++) entries.set(i, -100 - i);
  for (const { index, code } of bodies) entries.set(index, code);
  const nodes = new Map();
  const functions = new Map(Object.values(BULK).map(([name]) => [name, entries.get(name)]));
  for (const [index, name] of names) functions.set(name, entries.get(index));
  for (const body of bodies) addBody(nodes, bytes, body, names.get(body.index), entries);
  return { nodes, functions };
}
