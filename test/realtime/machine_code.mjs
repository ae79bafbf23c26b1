// SPDX-License-Identifier: MIT
/**
 * A program's machine code, read from objdump, as a graph of instructions: where each one goes on,
 * and what it calls. Cortex-M (Thumb-2) and x86-64.
 *
 * A node is {at, text, owner, next, call, fault}: `next` holds the instructions that can follow it
 * in the same call, `call` what it calls first, `fault` why its successors are unknown.
 */

const LINE = /^\s*([0-9a-f]+):\t([^\t]+?)(?:\t(.*))?$/;
const HEAD = /^([0-9a-f]+) <(.+)>:$/;

/** What `objdump -d --no-show-raw-insn` prints, line by line: {at, mnemonic, operands, owner}. */
function parse(text) {
  const lines = [];
  const functions = new Map();
  let owner = '';
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null) {
      // A function's name in C, as the compiler's notes have it: without the settings behind it.
      owner = head[2].replace(/__for_SEGFIT_ALIGN_\w+?__segfit_\d+_\d+/, '');
      functions.set(owner, parseInt(head[1], 16));
      continue;
    }
    const found = LINE.exec(line);
    if (found === null) continue;
    const [mnemonic, ...rest] = found[2].trim().split(/\s+/);
    const operands = `${rest.join(' ')} ${found[3] ?? ''}`.replace(/\s[@;#].*$/, '').trim();
    lines.push({ at: parseInt(found[1], 16), mnemonic, operands, owner });
  }
  return { lines, functions };
}

const addressIn = (operands) => {
  const found = /(?:^|[\s,])(?:0x)?([0-9a-f]+)(?: <|$)/.exec(operands);
  return found === null ? undefined : parseInt(found[1], 16);
};

const NEXT = { goesOn: true };
const END = { goesOn: false };
const jump = (to) => (to === undefined ? { fault: 'an indirect jump' } : { goesOn: false, to });
const branch = (to) => (to === undefined ? { fault: 'an indirect branch' } : { goesOn: true, to });
const call = (to) =>
  to === undefined ? { fault: 'an indirect call' } : { goesOn: true, call: to };

const CONDITION = '(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)';
const thumb = {
  udf: /^udf/,
  branch: new RegExp(`^b${CONDITION}(?:\\.[nw])?$|^cbn?z$`),
  call: /^bl$/,
  indirect: new RegExp(`^(?:blx|tb[bh]|bx)${CONDITION}?$`),
  conditional: new RegExp(`${CONDITION}(?:\\.[nw])?$`),
};

/** In a conditional block of instructions, one that does not happen goes on to the next. */
function thumbReturns(mnemonic, operands) {
  const loadsCounter =
    (/^(?:pop|ldm)/.test(mnemonic) && /\bpc\}/.test(operands)) ||
    (/^ldr/.test(mnemonic) && /^pc, \[sp\], #\d+$/.test(operands));
  return loadsCounter || (/^bx/.test(mnemonic) && operands === 'lr');
}

function thumbFlow({ mnemonic, operands }) {
  if (thumb.udf.test(mnemonic)) return END;
  if (/^b(?:\.[nw])?$/.test(mnemonic)) return jump(addressIn(operands));
  if (thumb.branch.test(mnemonic)) return branch(addressIn(operands));
  if (thumb.call.test(mnemonic)) return call(addressIn(operands));
  if (thumbReturns(mnemonic, operands)) return thumb.conditional.test(mnemonic) ? NEXT : END;
  if (thumb.indirect.test(mnemonic)) return { fault: 'an indirect branch' };
  // Whatever else writes to the program counter; compares and stores of it do not.
  if (/^pc\b/.test(operands) && !/^(?:cmp|str)/.test(mnemonic)) return { fault: 'a write to pc' };
  if (/^ldm/.test(mnemonic) && /\bpc\b/.test(operands)) return { fault: 'a load of pc' };
  return NEXT;
}

function x86Flow({ mnemonic, operands }) {
  if (/^(?:notrack|bnd)$/.test(mnemonic)) {
    const [inner, ...rest] = operands.split(/\s+/);
    return x86Flow({ mnemonic: inner, operands: rest.join(' ') });
  }
  if (/^ret/.test(mnemonic) || (/^repz?$/.test(mnemonic) && /^ret/.test(operands))) return END;
  if (/^(?:ud2|hlt|int3)/.test(mnemonic)) return END;
  const to = operands.startsWith('*') ? undefined : addressIn(operands);
  if (/^jmp/.test(mnemonic)) return jump(to);
  if (/^j/.test(mnemonic)) return branch(to);
  if (/^call/.test(mnemonic)) return call(to);
  if (/^(?:rep|loop)/.test(mnemonic)) return { fault: 'an instruction that repeats' };
  return NEXT;
}

const flows = { thumb: thumbFlow, 'x86-64': x86Flow };

/** {nodes: Map from address to node, functions: Map from name to address} of objdump's text. */
export function readMachineCode(text, machine) {
  const { lines, functions } = parse(text);
  const nodes = new Map();
  lines.forEach((line, i) => {
    const { goesOn = false, to, call: callee, fault } = flows[machine](line);
    const next = to === undefined ? [] : [to];
    if (goesOn && lines[i + 1] !== undefined) next.push(lines[i + 1].at);
    const described = `${line.mnemonic} ${line.operands}`.trim();
    nodes.set(line.at, {
      at: line.at,
      text: described,
      owner: line.owner,
      next,
      call: callee,
      fault,
    });
  });
  return { nodes, functions };
}
