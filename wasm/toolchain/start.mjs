// SPDX-License-Identifier: MIT
/** `npm start`: sets up what is missing, builds what is old, serves the page, opens it. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { DEFAULT_PORT, parseStart, USAGE } from './options.mjs';
import { buildPackage, buildPage } from './parts.mjs';
import { dist } from './paths.mjs';
import { listen, staticServer } from './server.mjs';
import { ensurePackages } from './setup.mjs';
import { command, seconds } from './steps.mjs';
import { onPath } from './system.mjs';

const SECOND_SIGNAL_MS = 200;

const HELP = `${USAGE}

  --port N    serve at 127.0.0.1:N, or the next free port (default ${DEFAULT_PORT})
  --no-open   print the address and open no browser`;

const LOOK =
  'Watch: each malloc and free of a recorded program, in the bitmaps, the free lists and ' +
  'the heap.\n         Space pauses, → steps, and every block can be clicked.';

/** The program that opens an address in a browser; undefined where nobody would see it. */
function opener() {
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', ''];
  const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  return display && onPath('xdg-open') !== undefined ? ['xdg-open'] : undefined;
}

function openBrowser(address) {
  const words = opener();
  if (words === undefined) return false;
  const [name, ...args] = words;
  const child = spawn(name, [...args, address], { stdio: 'ignore', detached: true });
  // The address is on the screen; who has no browser to open can still use it.
  child.on('error', () => {});
  child.unref();
  return true;
}

/**
 * Resolves when the user or the system asks for the end. npm passes on a signal that the terminal
 * has sent to us as well; the second one must not kill what ends already, so the handlers stay, and
 * the end waits for it.
 */
function untilStopped() {
  return new Promise((resolve) => {
    const stop = () => setTimeout(resolve, SECOND_SIGNAL_MS);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  });
}

async function serve({ port, open }) {
  const server = staticServer(path.join(dist, 'web'));
  const busy = (taken) => console.log(`  Port ${taken} is busy; trying the next.`);
  const address = await listen(server, port, busy);
  // Before the address is said: who reads it may ask for the end at once.
  const stopped = untilStopped();
  const opened = open && openBrowser(address);
  console.log(`\n  ${opened ? 'Opened' : 'Open this in a browser:'} ${address}`);
  console.log(`  ${LOOK}`);
  console.log('  Ctrl-C ends it.\n');
  await stopped;
  server.close();
  server.closeAllConnections();
}

await command(async () => {
  const options = parseStart(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const begin = Date.now();
  console.log('segfit');
  await ensurePackages();
  await buildPackage();
  await buildPage();
  console.log(`  Ready after ${seconds(Date.now() - begin)}.`);
  await serve(options);
  return 0;
});
