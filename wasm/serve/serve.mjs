// SPDX-License-Identifier: MIT
/** Serves a page to this machine until somebody ends it, and opens it in a browser. */
import { spawn } from 'node:child_process';
import { onPath } from '../toolchain/system.mjs';
import { listen } from './server.mjs';

const SECOND_SIGNAL_MS = 200;

/** A line that tells the user what the page shows. */
const LOOK =
  'Watch: each malloc and free of a recorded program, in the bitmaps, the free lists and ' +
  'the heap.\n         Space pauses, → steps, and every block can be clicked.';

/** The program that opens an address in a browser; undefined where nobody would see it. */
export function opener({ platform, env, has }) {
  if (platform === 'darwin') return ['open'];
  // `start` is a command of the shell; its first quoted word is a title.
  if (platform === 'win32') return ['cmd', '/d', '/c', 'start', '""'];
  if (env.WSL_DISTRO_NAME && has('wslview')) return ['wslview'];
  const display = env.DISPLAY || env.WAYLAND_DISPLAY;
  return display && has('xdg-open') ? ['xdg-open'] : undefined;
}

function openBrowser(address) {
  const { platform, env } = process;
  const words = opener({ platform, env, has: (name) => onPath(name) !== undefined });
  if (words === undefined) return false;
  const [name, ...args] = words;
  const child = spawn(name, [...args, address], {
    stdio: 'ignore',
    detached: true,
    windowsVerbatimArguments: true,
    windowsHide: true,
  });
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

/** Serves until stopped; `at` is what to open, relative to the server's address. */
export async function serve(server, { port, open, at = '', look = LOOK }) {
  const busy = (taken) => console.log(`  Port ${taken} is busy; trying the next.`);
  const address = `${await listen(server, port, busy)}${at}`;
  // Before the address is printed, since whoever reads it may end the server at once.
  const stopped = untilStopped();
  const opened = open && openBrowser(address);
  console.log(`\n  ${opened ? 'Opened' : 'Open this in a browser:'} ${address}`);
  console.log(`  ${look}`);
  console.log('  Ctrl-C ends it.\n');
  await stopped;
  server.close();
  server.closeAllConnections();
}
