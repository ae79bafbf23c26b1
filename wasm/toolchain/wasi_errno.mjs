// SPDX-License-Identifier: MIT
/** WASI preview 1's error numbers, as far as this system answers with them. */
export const errno = {
  success: 0,
  acces: 2,
  again: 6,
  badf: 8,
  busy: 10,
  exist: 20,
  fbig: 22,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  perm: 63,
  pipe: 64,
  rofs: 69,
  spipe: 70,
  xdev: 75,
  notcapable: 76,
};

/** A failure that has its number already. */
export class WasiError extends Error {
  constructor(name) {
    super(name);
    this.number = errno[name];
  }
}

/** The number for what node threw from a system call, such as `{code: 'ENOENT'}`. */
export function errnoOf(error) {
  return errno[String(error.code).slice(1).toLowerCase()] ?? errno.io;
}
