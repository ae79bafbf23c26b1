// SPDX-License-Identifier: MIT
/**
 * `npm run bench:realtime [-- --quick] [--json FILE] [--way OPERATION]`: the instructions that a
 * constant-time operation takes at most, from the machine code (bound) and counted (seen), for each
 * target, level and kind of build. Instructions, not cycles.
 *
 * --quick: only the builds that design.md's goals speak of, a short search. --way alloc: also the
 * longest way itself, instruction by instruction, where it is (one build: --only 'Cortex-M4, gcc,
 * level 0').
 */
import fs from 'node:fs';
import { longestPath } from '../test/realtime/longest_path.mjs';
import { measure, operations } from '../test/realtime/measure.mjs';
import { BYTES, lacks, makeTarget, OUTSIDE, targets, variants } from '../test/realtime/targets.mjs';
import { command, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, flag, oneOf, text } from '../wasm/toolchain/arguments.mjs';

const PEERS = `Published, and neither built nor counted here:

| allocator | instructions at most | source |
|---|---|---|
| TLSF, x86 | 168 a call | the TLSF site of the Universitat Politècnica de València |
| TLSF | fewer than 200 | Masmano et al., Software: Practice and Experience 38:995, 2008, abstract |

No other TLSF for bare metal is a package of Debian or npm.`;

const usage = 'usage: npm run bench:realtime [-- --quick --json FILE --way OPERATION --only BUILD]';
const builds = targets.flatMap(({ title }) => variants.map(({ name }) => `${title}, ${name}`));
const wordOptions = {
  quick: flag,
  json: text,
  way: oneOf(operations.map(({ name }) => name)),
  only: oneOf(builds),
};

function table({ rows, heaps, failing }) {
  const some = (counts) => (counts === undefined ? '' : Math.max(...counts));
  const lines = ['| operation | bound | seen | stack, bytes |', '|---|---:|---:|---:|'];
  for (const { name, bound, perPool, most, stack } of rows) {
    const more = perPool === undefined ? '' : ` + ${perPool} a pool beyond two`;
    lines.push(`| ${name} | ${bound}${more} | ${some(most)} | ${stack ?? ''} |`);
  }
  const sizes = heaps.map(({ heap, blocks }) => `${heap} B with ${blocks} blocks`);
  return `${lines.join('\n')}\n\nFailing alloc: ${some(failing)} seen. Heaps: ${sizes.join(', ')}.`;
}

async function printWay(target, variant, name) {
  const operation = operations.find((one) => one.name === name);
  const { program } = await makeTarget(target, variant, { rounds: 0, seed: 1 });
  const { call, never, pools } = operation;
  const { way } = longestPath(program, call, {
    outside: [...OUTSIDE, ...BYTES],
    never,
    rounds: pools,
  });
  for (const { owner, at, text } of way)
    console.log(`  ${owner.padEnd(24)} ${at.toString(16)}  ${text}`);
}

await command(async () => {
  const options = commandArguments({ usage, options: wordOptions });
  const search = { rounds: options.quick ? 100 : 2000, seed: 20 };
  const all = [];
  for (const target of targets) {
    const reason = target.compiler === undefined ? 'needs a clang' : lacks(target);
    if (reason !== undefined) {
      console.log(`${target.title}: skipped, ${reason}`);
      continue;
    }
    for (const variant of variants.filter(({ fixed }) => fixed || !options.quick)) {
      const title = `${target.title}, ${variant.name}`;
      if (options.only !== undefined && options.only !== title) continue;
      const measured = await step(title, () => measure(target, variant, search));
      console.log(`\n${title}:\n\n${table(measured)}\n`);
      if (options.way !== undefined) await printWay(target, variant, options.way);
      all.push({
        target: target.title,
        compiler: target.compiler,
        variant: variant.name,
        ...measured,
      });
    }
  }
  console.log(PEERS);
  if (options.json !== undefined) {
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
  return 0;
});
