// SPDX-License-Identifier: MIT
/** docs/examples/cortex-m4, built by the commands that it names and run in QEMU. */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

const tools = { 'arm-none-eabi-gcc': 'gcc-arm-none-eabi', 'qemu-system-arm': 'qemu-system-arm' };
const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror'];

/**
 * The commands in the example's head: lines that are indented further go on with the one before.
 */
function commandsOf(source) {
  const text = fs.readFileSync(source, 'utf8').replaceAll(/\n\/\/\/ {9}/g, ' ');
  return [...text.matchAll(/^\/\/\/ {5}(\S.*)$/gm)].map(([, words]) => words.trim().split(/\s+/));
}

export async function example(check) {
  const missing = Object.keys(tools).find((tool) => onPath(tool) === undefined);
  if (missing !== undefined) {
    console.log(
      `  SKIPPED docs/examples/cortex-m4: needs ${missing} (apt-get install ${tools[missing]})`,
    );
    return;
  }
  const folder = path.join(root, 'docs', 'examples', 'cortex-m4');
  const [compile, qemu] = commandsOf(path.join(folder, 'main.c'));
  const image = path.join(build, 'realtime', 'example.elf');
  fs.mkdirSync(path.dirname(image), { recursive: true });
  const files = (word) =>
    word.endsWith('/*.c')
      ? fs
          .readdirSync(folder)
          .filter((name) => name.endsWith('.c'))
          .map((name) => path.join(folder, name))
      : [word.replace(/example\.elf$/, image)];
  const built = await run(compile[0], [...compile.slice(1).flatMap(files), ...warnings], {
    cwd: root,
  });
  check(built.code === 0, `the example cannot be built:\n${built.output}`);
  if (built.code !== 0) return;
  const ran = await run('timeout', ['60', ...qemu.flatMap(files)], { cwd: root });
  check(
    ran.code === 0 && ran.output.trim() === '20 readings, all given back',
    `the example ended with ${ran.code}:\n${ran.output}`,
  );
}
