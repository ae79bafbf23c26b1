// SPDX-License-Identifier: MIT
/**
 * The longest way through a function's graph of instructions, the functions that it calls included.
 *
 * A graph with a cycle has none: that is a Fault, unless `rounds` says how often its ways back are
 * taken at most. Recursion and unknown successors are always Faults.
 */
/** Why a graph has no bound, and where. */
export class Fault extends Error {}

/** How deep a graph can be: each instruction of a way through it is a call of ours. */
const DEEPEST = 4000;

const at = ({ owner, text, at: address }) => `${owner}, ${address.toString(16)}: ${text}`;

/**
 * The edges of a function that lead back to an instruction that led to them: a Set of "from to".
 */
function waysBack(nodes, entry) {
  const state = new Map();
  const found = new Set();
  const visit = (address) => {
    state.set(address, 'open');
    for (const next of nodes.get(address)?.next ?? []) {
      if (state.get(next) === 'open') found.add(`${address} ${next}`);
      else if (state.get(next) === undefined) visit(next);
    }
    state.set(address, 'done');
  };
  visit(entry);
  return found;
}

/**
 * `program`: {nodes, functions} of machine_code.mjs or wasm_code.mjs. `outside`: names of functions
 * whose instructions do not count, the call of them does. `never`: names of functions that the ways
 * looked at do not call. Gives {count, way, loops}: the count of the longest way, its nodes in
 * order, and the loops met.
 */
export function longestPath(program, name, { outside = [], never = [], rounds } = {}) {
  const { nodes, functions } = program;
  const entryOf = (wanted) => {
    const entry = functions.get(wanted);
    if (entry === undefined) throw new Fault(`there is no function ${wanted}`);
    return entry;
  };
  const addresses = (names) =>
    new Set(names.filter((one) => functions.has(one)).map((one) => functions.get(one)));
  const free = addresses(outside);
  const forbidden = addresses(never);
  const known = new Map();
  const backs = new Map();
  const loops = new Set();
  let depth = 0;

  const longestOf = (entry) => {
    if (!backs.has(entry)) backs.set(entry, waysBack(nodes, entry));
    return longestFrom(entry, entry, rounds ?? 0);
  };

  const follow = (node, next, entry, left) => {
    if (forbidden.has(next)) return undefined;
    if (free.has(next)) return { count: 0 };
    const isBack = backs.get(entry).has(`${node.at} ${next}`);
    if (!isBack) return longestFrom(next, entry, left);
    loops.add(at(node));
    if (rounds === undefined) throw new Fault(`a loop: ${at(node)}`);
    return left === 0 ? undefined : longestFrom(next, entry, left - 1);
  };

  const calls = (node) => {
    if (node.call === undefined || free.has(node.call)) return { count: 0 };
    return forbidden.has(node.call) ? undefined : longestOf(node.call);
  };

  const measure = (node, entry, left) => {
    if (node.fault !== undefined) throw new Fault(`${node.fault}: ${at(node)}`);
    const called = calls(node);
    if (called === undefined) return undefined;
    const weight = node.weight ?? 1;
    if (node.next.length === 0) return { count: weight + called.count, node, called };
    const ways = node.next.map((next) => follow(node, next, entry, left)).filter(Boolean);
    if (ways.length === 0) return undefined;
    const then = ways.reduce((a, b) => (b.count > a.count ? b : a));
    return { count: weight + called.count + then.count, node, called, then };
  };

  const longestFrom = (address, entry, left) => {
    const key = `${entry} ${address} ${left}`;
    if (known.has(key)) {
      const result = known.get(key);
      if (result === 'open') throw new Fault(`recursion: ${at(nodes.get(address))}`);
      return result;
    }
    const node = nodes.get(address);
    if (node === undefined) throw new Fault(`no code at ${address.toString(16)}`);
    if (++depth > DEEPEST) throw new Fault(`a way of more than ${DEEPEST} instructions`);
    known.set(key, 'open');
    const result = measure(node, entry, left);
    known.set(key, result);
    depth--;
    return result;
  };

  const best = longestOf(entryOf(name));
  if (best === undefined) throw new Fault(`${name} has no way that calls none of ${never}`);
  return { count: best.count, way: unfold(best), loops: [...loops] };
}

/** The nodes of a way in the order in which they are executed. */
function unfold(best) {
  const nodes = [];
  for (let step = best; step?.node !== undefined; step = step.then) {
    nodes.push(step.node, ...unfold(step.called));
  }
  return nodes;
}

/** A function's frame; its parts and copies (`.cold`, `.constprop.0`) have that of the whole. */
function frameOf(frames, name) {
  for (let part = name; ; part = part.slice(0, part.lastIndexOf('.'))) {
    if (frames.has(part)) return frames.get(part);
    if (!part.includes('.')) return undefined;
  }
}

/** The bytes of stack that a call takes at most, from what each function's frame takes, by name. */
export function deepestStack(program, name, frames, outside = []) {
  const { nodes, functions } = program;
  const free = new Set(outside.map((one) => functions.get(one)));
  const known = new Map();
  const deepest = (entry) => {
    if (known.has(entry)) return known.get(entry);
    let most = 0;
    const seen = new Set();
    const visit = (address) => {
      if (seen.has(address) || free.has(address)) return;
      seen.add(address);
      const node = nodes.get(address);
      const frame = frameOf(frames, node.owner);
      if (frame === undefined) throw new Fault(`the frame of ${node.owner} is not known`);
      const called = node.call === undefined || free.has(node.call) ? 0 : deepest(node.call);
      most = Math.max(most, frame + called);
      node.next.forEach(visit);
    };
    visit(entry);
    known.set(entry, most);
    return most;
  };
  return deepest(functions.get(name));
}
