// SPDX-License-Identifier: MIT
/** Serves a folder of static files to this machine. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Failure } from '../toolchain/steps.mjs';

const HOST = '127.0.0.1';
/** How many ports are tried, the wanted one first. */
const PORTS = 20;

const types = {
  '.css': 'text/css; charset=utf-8',
  '.heapl': 'application/x-ndjson; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'application/x-ndjson; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

const headers = {
  // A browser then asks again for a file that a build replaced.
  'Cache-Control': 'no-cache',
  // A page needs these to share memory between threads.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** The path that a request's address means; undefined if it is not well formed. */
function pathIn(url) {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return undefined;
  }
}

/** The file of `folder` that a request's address means; undefined if it means none there. */
export function fileFor(folder, url) {
  const name = pathIn(url);
  if (name === undefined || !name.startsWith('/')) return undefined;
  if (name.includes('\0') || name.includes('\\')) return undefined;
  // Dots are resolved as files, not before: what leaves the folder on its way is refused.
  if (name.split('/').includes('..')) return undefined;
  let file = path.join(folder, name);
  try {
    if (fs.statSync(file).isDirectory()) file = path.join(file, 'index.html');
    const real = fs.realpathSync(file);
    const inside = path.relative(fs.realpathSync(folder), real);
    if (inside.startsWith('..') || path.isAbsolute(inside) || !fs.statSync(real).isFile()) {
      return undefined;
    }
    return real;
  } catch {
    return undefined;
  }
}

function answer(folder, files, request, response) {
  const say = (status, text, more = {}) => {
    response.writeHead(status, { ...headers, 'Content-Type': types['.txt'], ...more });
    response.end(request.method === 'HEAD' ? undefined : `${text}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(405, 'only GET and HEAD', { Allow: 'GET, HEAD' });
    return;
  }
  const file = files.get(pathIn(request.url)) ?? fileFor(folder, request.url);
  if (file === undefined) {
    say(404, 'no such file');
    return;
  }
  const stream = fs.createReadStream(file);
  stream.on('error', () => (response.headersSent ? response.destroy() : say(404, 'no such file')));
  stream.on('open', () => {
    const type = types[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
    const length = fs.statSync(file).size;
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': length });
    if (request.method === 'HEAD') {
      stream.destroy();
      response.end();
    } else {
      stream.pipe(response);
    }
  });
}

/** A server for the files of `folder` and for `files` by path, not listening yet. */
export function staticServer(folder, files = new Map()) {
  return http.createServer((request, response) => answer(folder, files, request, response));
}

function listenOnce(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.removeListener('error', reject);
      resolve(server.address().port);
    });
  });
}

/**
 * Listens at `port`, or where that one is busy at the next that is free; `busy` hears of each busy
 * one. Returns the address.
 */
export async function listen(server, port, busy = () => {}) {
  const last = Math.min(port + PORTS - 1, 65535);
  for (let candidate = port; candidate <= last; candidate++) {
    try {
      return `http://${HOST}:${await listenOnce(server, candidate)}/`;
    } catch (error) {
      if (error.code === 'EACCES')
        throw new Failure(`port ${candidate} needs more rights than yours`);
      if (error.code !== 'EADDRINUSE') throw error;
      busy(candidate);
    }
  }
  throw new Failure(`ports ${port} to ${last} are all busy; name a free one with --port N`);
}
