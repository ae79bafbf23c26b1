// SPDX-License-Identifier: MIT
import { DEFAULT_PORT } from '../serve/options.mjs';

export const HELP = `usage: segfit <command>

  segfit view [trace] [--port N] [--no-open]
      Serves the visualizer to this machine and opens it, on a .heapl trace if one is given.
      --port N    at 127.0.0.1:N, or the next free port (default ${DEFAULT_PORT})
      --no-open   prints the address and opens no browser

  segfit flags emscripten|wasi|wasm32|wasm64 [--threads|--workers] [--pic] [--small|--debug]
      Prints what to pass to the compiler, so that segfit is the program's malloc:
          emcc app.c $(npx segfit flags emscripten)
          clang --target=wasm32-wasi app.c $(npx segfit flags wasi)
          clang --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry app.c \\
              $(npx segfit flags wasm32)
      --threads   for a program with threads
      --workers   Emscripten: with Wasm Workers or Audio Worklets, without -pthread
      --pic       position-independent: for Emscripten's -sMAIN_MODULE
      --small     compiled for size: no checks, no statistics, no cache
      --debug     with all checks
  segfit flags --list
      Prints every way to WebAssembly that has an archive, and what it is for.

  segfit --help, -h       this text
  segfit --version, -v    the package's version

Exit code: 0 on success, 1 on failure, 2 for an unknown command or option. An error
is one line on stderr.`;
