// SPDX-License-Identifier: MIT
/** Steps of a setup or build, told to the user while they run, and the programs that they start. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkEnvironment, Help, UsageError } from './arguments.mjs';

/** Something that the user can mend: shown as one message, without a stack. */
export class Failure extends Error {}

const LINE = 100;
const REPORT_SECONDS = 10;

export function seconds(milliseconds) {
  const all = milliseconds / 1000;
  if (all < 10) return `${all.toFixed(1)} s`;
  return all < 60 ? `${all.toFixed(0)} s` : `${Math.floor(all / 60)} min ${Math.floor(all % 60)} s`;
}

/** The last line of a program's output that says something, short and without colours. */
export function lastLine(text) {
  const plain = stripVTControlCharacters(text);
  const lines = plain.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').trim().slice(0, LINE - 24);
}

/**
 * Does `work` and prints its title and how long it takes. A terminal shows the latest output in one
 * line; elsewhere a line appears every ten seconds. `work` gets a function that reports output.
 */
export async function step(title, work, out = process.stdout) {
  const begin = Date.now();
  let state = '';
  const elapsed = () => seconds(Date.now() - begin);
  const draw = () => out.write(`\r\x1b[K  ${title} … ${elapsed()}  ${state}`.slice(0, LINE));
  const report = () => out.write(`    … ${elapsed()}  ${state}\n`);
  const timer = setInterval(out.isTTY ? draw : report, out.isTTY ? 250 : REPORT_SECONDS * 1000);
  out.write(out.isTTY ? `  ${title} …` : `  ${title} …\n`);
  let end = 'failed';
  try {
    const result = await work((text) => {
      state = lastLine(text) || state;
    });
    end = 'done';
    return result;
  } finally {
    clearInterval(timer);
    out.write(`${out.isTTY ? '\r\x1b[K' : ''}  ${title}: ${end} in ${elapsed()}\n`);
  }
}

/**
 * Runs a program and returns its exit code and output, both streams as one text. A program that is
 * not there gives code 127. `say` hears the output while it comes; `log` is a file for all of it. A
 * program that runs longer than `timeout` milliseconds is killed.
 */
export function run(command, args, options = {}) {
  const { cwd, env, say = () => {}, log, input = 'ignore', timeout = 0, shell = false } = options;
  if (log !== undefined) fs.mkdirSync(path.dirname(log), { recursive: true });
  const file = log === undefined ? undefined : fs.createWriteStream(log);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input, 'pipe', 'pipe'],
      shell,
    });
    const chunks = [];
    const hear = (chunk) => {
      chunks.push(chunk);
      file?.write(chunk);
      say(chunk.toString());
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    let late = '';
    const giveUp = () => {
      late = `no answer within ${seconds(timeout)}\n`;
      child.kill('SIGKILL');
      // Programs that it started may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = timeout > 0 ? setTimeout(giveUp, timeout) : undefined;
    const finish = (code, text = '') => {
      clearTimeout(timer);
      file?.end();
      resolve({ code, output: Buffer.concat(chunks).toString() + text });
    };
    child.on('error', (error) => finish(127, `${command}: ${error.message}\n`));
    child.on('close', (code, signal) => {
      finish(code ?? 128, late || (signal ? `ended by ${signal}\n` : ''));
    });
  });
}

/** As run, but a program that fails is a Failure with the end of its output. */
export async function must(command, args, options = {}) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Failure(`${[command, ...args].join(' ')}\n${tail(output, 20)}`);
  return output;
}

/** Does `work` on all of `items`, as many at a time as there are processors; results in order. */
export async function inParallel(items, work) {
  const results = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return results;
}

/** The last `count` lines. */
export function tail(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * Runs a whole command: its exit code is what `work` returns, 1 after a Failure, 2 for words or an
 * environment that it does not know.
 */
export async function command(work) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    console.error(`segfit: Node 20 or newer is needed; this is ${process.versions.node}`);
    process.exitCode = 1;
    return;
  }
  try {
    checkEnvironment();
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (error instanceof Help) return void console.log(error.message);
    if (!(error instanceof Failure) && !(error instanceof UsageError)) throw error;
    console.error(`segfit: ${error.message}`);
    process.exitCode = error.exitCode ?? 1;
  }
}
