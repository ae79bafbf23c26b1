// SPDX-License-Identifier: MIT README's programs, as a reader would run them: the C one with plain
// cc, the JavaScript one against the built package.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { root } from '../../wasm/toolchain/paths.mjs';
import { scriptSizes } from '../../web/build.mjs';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-readme-'));
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The only block of code in README that is marked `language`. */
function program(language) {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.filter(([, name]) => name === language);
  assert.equal(found.length, 1);
  return found[0][2];
}

function run(name, words, cwd) {
  const { status, stdout, stderr } = spawnSync(name, words, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("README's C program compiles by README's command, and runs", () => {
  const source = path.join(folder, 'app.c');
  const app = path.join(folder, 'app');
  fs.writeFileSync(source, program('c'));
  assert.ok(readme.includes('`cc -Iinclude app.c src/core/*.c`'));
  run(
    'sh',
    ['-c', `cc -Wall -Wextra -Werror -Iinclude '${source}' src/core/*.c -o '${app}'`],
    root,
  );
  run(app, [], folder);
});

test("README's JavaScript program runs with the built package", () => {
  // A package may import itself by its name, so this is the one that npm would pack.
  const words = ['--input-type=module', '--eval', program('js')];
  assert.match(run(process.execPath, words, root), /usedBlocks: 0/);
});

test('every link of README has a target', () => {
  const targets = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target);
  assert.ok(targets.length > 5);
  assert.deepEqual(
    targets.filter((target) => !fs.existsSync(path.join(root, target))),
    [],
  );
});

/** The numbers that stand in README where `pattern` has groups. */
function stated(pattern) {
  const found = pattern.exec(readme);
  assert.ok(found !== null, `README does not say ${pattern}`);
  return found.slice(1).map((digits) => Number(digits.replaceAll(',', '')));
}

test("README's overhead equals the output of its command", () => {
  const [overhead] = stated(/(\d+) bytes for a pool of 64 KiB \| `new Pool/);
  const [, command] = /\| `(new Pool[^`]*overhead)` \|/.exec(readme);
  const code = `import { Pool } from 'segfit'; console.log(${command});`;
  const printed = run(process.execPath, ['--input-type=module', '--eval', code], root);
  assert.equal(Number(printed), overhead);
});

test("README's figures of tests are those that the tests counted", () => {
  const figures = fs.readFileSync(path.join(root, 'docs', 'figures.md'), 'utf8');
  const counted = (pattern) => pattern.exec(figures).slice(1).map(Number);
  const stock = stated(
    /0 failures of ([\d,]+) sizes up to 64 KiB;.*\(`SEGFIT_POLICY_STOCK`\) ([\d,]+) /,
  );
  assert.deepEqual(stock.reverse(), counted(/(\d+) of (\d+) sizes/));
  const robson = stated(/\| ([\d.]+), ([\d.]+), ([\d.]+) times the live memory/);
  assert.deepEqual(robson, counted(/n 16: ([\d.]+); n 256: ([\d.]+); n 1024: ([\d.]+)/));
  const [states, , millions] = stated(
    /([\d,]+) states of a (\d+)-unit pool, ([\d.]+) million calls/,
  );
  const [all, calls] = counted(/every_state_is_right_under_probe: (\d+) states, (\d+) calls/);
  assert.deepEqual([states, millions], [all, Number((calls / 1e6).toFixed(1))]);
});

test("README's instructions are the recorded bounds", () => {
  const file = path.join(root, 'bench', 'results', 'realtime.json');
  const builds = JSON.parse(fs.readFileSync(file, 'utf8'));
  const bounds = (level) => {
    const { rows } = builds.find(
      ({ target, variant }) => target === 'Cortex-M4, gcc' && variant === level,
    );
    return ['alloc', 'free'].map((name) => rows.find((row) => row.name === name).bound);
  };
  const found = stated(
    /at most (\d+) and (\d+) instructions.* checks, (\d+) and (\d+) without.*\((\d+) and (\d+) with/,
  );
  const levels = ['level 1', 'level 0', 'level 1, figures, any geometry'];
  assert.deepEqual(found, levels.flatMap(bounds));
});

test('the page has the size that README states', () => {
  const [first, later] = stated(/at most (\d+) KiB of JavaScript, gzip, and (\d+) more/);
  const sizes = scriptSizes();
  assert.ok(sizes.first <= first && sizes.later <= later, JSON.stringify(sizes));
});

test('the view has the size that docs/view.md states', () => {
  const text = fs.readFileSync(path.join(root, 'docs', 'view.md'), 'utf8');
  const limit = Number(/at most (\d+) KiB gzipped/.exec(text)?.[1]);
  const size = gzipSync(fs.readFileSync(path.join(root, 'dist', 'view.js')), { level: 9 }).length;
  assert.ok(size / 1024 <= limit, `${size} bytes`);
});

/** Documents for readers; figures.md is made from results. */
const documents = [
  'README.md',
  'bench/README.md',
  ...fs.readdirSync(path.join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md') && name !== 'docs/figures.md');

test('each command that a document names exists', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const missing = documents.flatMap((name) => {
    const text = fs.readFileSync(path.join(root, name), 'utf8');
    const run = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script]) => script);
    const files = [...text.matchAll(/\bnode ([\w./-]+\.mjs)/g)].map(([, file]) => file);
    return [
      ...run.filter((script) => scripts[script] === undefined),
      ...files.filter((file) => !fs.existsSync(path.join(root, file))),
    ].map((what) => `${name}: ${what}`);
  });
  assert.deepEqual(missing, []);
});

test('each file and folder that a document names exists', () => {
  const missing = documents.flatMap((name) => {
    const text = fs.readFileSync(path.join(root, name), 'utf8');
    const paths = [...text.matchAll(/`((?:test|src|bench|wasm|web|include|docs)\/[\w./-]+)`/g)];
    return (
      paths
        .map(([, file]) => file.replace(/[./]+$/, ''))
        // `npm run docs` writes docs/api.
        .filter((file) => file !== 'docs/api' && !fs.existsSync(path.join(root, file)))
        .map((file) => `${name}: ${file}`)
    );
  });
  assert.deepEqual(missing, []);
});
