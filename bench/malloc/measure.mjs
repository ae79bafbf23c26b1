// SPDX-License-Identifier: MIT
/**
 * Runs the workloads in any JavaScript engine. Allocators take turns within each round, in an order
 * that changes from round to round, so that what disturbs the machine disturbs all of them.
 */
const PAGE = 65536;
/** A checked run does this part of the pairs: it reads and writes every byte. */
const CHECKED_PART = 10;
/** This part of the pairs runs before each timed run, which so finds its own data in the caches. */
const WARMING_PART = 5;

/** The imports that wasi-libc's start-up calls, which answer that nothing is there. */
function wasiImports(module, memory) {
  const none = 0;
  const unknown = 52;
  const known = {
    environ_sizes_get: (count, size) => {
      const view = new DataView(memory().buffer);
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return none;
    },
    environ_get: () => none,
    clock_time_get: (_clock, _precision, time) => {
      new DataView(memory().buffer).setBigUint64(time, 0n, true);
      return none;
    },
    proc_exit: (code) => {
      throw new Error(`the module left with ${code}`);
    },
  };
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = known[name] ?? (() => unknown);
  }
  return imports;
}

/** A fresh instance, with its constructors run. */
export function instantiate(module) {
  const instance = new WebAssembly.Instance(
    module,
    wasiImports(module, () => instance.exports.memory),
  );
  instance.exports._initialize?.();
  return instance.exports;
}

/** The pages that an allocator took, which never shrink: all, without the workloads' own. */
export function pagesOf(exports) {
  return Math.ceil((exports.memory.buffer.byteLength - exports.own_bytes()) / PAGE);
}

/** The pairs of a run that is `part` times as short. */
function pairsOf({ pairs, step = 1 }, part) {
  return Math.ceil(pairs / part / step) * step;
}

/** Runs `workload` with every byte written and read. Returns how many errors it found. */
export function check(module, workload, part = CHECKED_PART) {
  const exports = instantiate(module);
  exports.setup(workload.id, 1);
  exports.run(workload.id, pairsOf(workload, part), 1);
  return exports.finish(1) >>> 0;
}

/** 0 … count−1 in an order that depends on `round` alone. */
function order(count, round) {
  const turns = Array.from({ length: count }, (_, index) => index);
  let state = round * 2654435761 + 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const j = (state >>> 8) % (i + 1);
    [turns[i], turns[j]] = [turns[j], turns[i]];
  }
  return turns;
}

/** One instance a module, in the state that `workload` starts from. */
function prepare(modules, workload, pairs) {
  return modules.map(({ name, module }) => {
    const exports = instantiate(module);
    exports.setup(workload.id, 0);
    exports.run(workload.id, pairs, 0);
    return { name, exports, times: [] };
  });
}

/** A warming run, and then a timed one. Returns its nanoseconds a pair. */
function slice(exports, workload, pairs) {
  exports.run(workload.id, Math.ceil(pairs / WARMING_PART), 0);
  const begin = performance.now();
  exports.run(workload.id, pairs, 0);
  return ((performance.now() - begin) * 1e6) / pairs;
}

/** One workload with an instance of each module: the nanoseconds a pair of each round. */
function measureOnce(modules, workload, rounds, part) {
  const pairs = pairsOf(workload, part);
  const runners = prepare(modules, workload, pairs);
  for (let round = 0; round < rounds; round++) {
    for (const turn of order(runners.length, round)) {
      const { exports, times } = runners[turn];
      times.push(slice(exports, workload, pairs));
    }
  }
  return runners.map(({ name, exports, times }) => {
    if (exports.finish(0) !== 0) throw new Error(`${name}, ${workload.name}: an allocation failed`);
    return { allocator: name, times };
  });
}

/** Lets the engine do what waits, between two workloads. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * All `workloads` with all `modules` ({name, module}): an array of {workload, allocator, times}.
 * Each workload runs checked first, and throws the errors that it finds. `part` divides the pairs
 * of a run. Of `passes`, each has instances of its own: where an instance's memory lies can make it
 * slow.
 */
export async function measure(
  modules,
  workloads,
  { rounds, passes = 1, part = 1, say = () => {} },
) {
  const results = [];
  for (const workload of workloads) {
    say(workload.title);
    for (const { name, module } of modules) {
      const errors = check(module, workload, part * CHECKED_PART);
      if (errors !== 0) throw new Error(`${name}, ${workload.name}: ${errors} errors`);
    }
    const all = modules.map(({ name }) => ({ allocator: name, times: [] }));
    for (let pass = 0; pass < passes; pass++) {
      measureOnce(modules, workload, rounds, part).forEach(({ times }, index) => {
        all[index].times.push(...times);
      });
      await breathe();
    }
    results.push(...all.map((result) => ({ workload: workload.name, ...result })));
  }
  return results;
}
