// SPDX-License-Identifier: MIT
// Gives a test built by Emscripten the environment of the process, which getenv() lacks otherwise.
// A program that never calls getenv() has no ENV.
Module.preRun = () => {
  if (typeof ENV !== 'undefined') Object.assign(ENV, process.env);
};
