// SPDX-License-Identifier: MIT
/** Copies of this checkout, and commands run in them with no more on PATH than they may have. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { packagesAreCurrent } from '../../wasm/toolchain/setup.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

/** Built files, which a checkout has not. */
const built = ['build', 'dist', 'node_modules', '.git', path.join('wasm', 'js', 'generated')].map(
  (name) => path.join(root, name),
);
const texts = /\.(c|h|cmake|css|cjs|d\.ts|heapl|html|js|json|lua|md|mjs|sh|svg|ts|txt)$/;

/**
 * Copies the sources to `to`, with the npm packages of this checkout. `crlf`: with the line ends
 * that git gives on Windows to files without an attribute.
 */
export function copyCheckout(to, { crlf = false } = {}) {
  assert.ok(packagesAreCurrent(), 'the npm packages of this checkout are old: run npm ci');
  fs.cpSync(root, to, { recursive: true, filter: (from) => !built.includes(from) });
  fs.symlinkSync(fs.realpathSync(path.join(root, 'node_modules')), path.join(to, 'node_modules'));
  if (!crlf) return;
  for (const name of fs.readdirSync(to, { recursive: true })) {
    const file = path.join(to, name);
    if (name.startsWith('node_modules') || !texts.test(name) || !fs.statSync(file).isFile())
      continue;
    fs.writeFileSync(file, fs.readFileSync(file, 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  }
}

/** Makes a folder of links to these programs, for PATH; one with a body is a script instead. */
export function binFolder(folder, programs) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, body] of Object.entries(programs)) {
    const file = path.join(folder, name);
    fs.rmSync(file, { force: true });
    if (typeof body === 'string') fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    else fs.symlinkSync(fs.realpathSync(name === 'node' ? process.execPath : onPath(name)), file);
  }
  return folder;
}

/** All that the first command may need: npm runs scripts by `sh`. */
export const least = { node: true, npm: true, git: true, sh: true };

/** How npm is set up here, its cache and registry, and nothing else of this environment. */
export function bareEnvironment(bin, home) {
  const npm = (name) =>
    spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
  const proxies = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name));
  return {
    ...Object.fromEntries(proxies),
    PATH: bin,
    HOME: home,
    npm_config_cache: npm('cache'),
    npm_config_userconfig: npm('userconfig'),
  };
}

/** Runs a command to its end; code and output, both streams as one. */
export function runIn(cwd, env, command, ...args) {
  const result = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { code: result.status, output: `${result.stdout}${result.stderr}` };
}

/**
 * Starts a command that serves, and waits for its address. Returns the address, the output so far
 * and a function that ends it.
 */
export function startIn(cwd, env, command, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const closed = new Promise((done) => child.on('close', done));
    const stop = async () => {
      try {
        // npm and the command that it runs.
        process.kill(-child.pid, 'SIGTERM');
      } catch {
        // Ended already.
      }
      await closed;
    };
    const hear = (chunk) => {
      output += chunk;
      const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0];
      if (address !== undefined && output.includes('Ctrl-C')) resolve({ address, output, stop });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    closed.then((code) => reject(new Error(`ended with ${code} before it served:\n${output}`)));
  });
}
