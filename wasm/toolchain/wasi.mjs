// SPDX-License-Identifier: MIT
/**
 * WASI preview 1 for tests: a system for one wasm instance, over node's synchronous calls.
 *
 * It exists because node's own (`node:wasi`) keeps a view of memory that `memory.grow` detaches.
 * Here each call makes its views anew. It keeps a program within its preopened directories by
 * comparing paths, without following symbolic links: enough for programs that mean well, no sandbox
 * for others.
 */
import { randomFillSync } from 'node:crypto';
import { Descriptors } from './wasi_files.mjs';
import { errno, errnoOf, WasiError } from './wasi_errno.mjs';

/** Thrown out of the program by `proc_exit`. */
export class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const clocks = {
  realtime: 0,
  monotonic: 1,
};

function now(clock) {
  if (clock === clocks.realtime) return BigInt(Date.now()) * 1_000_000n;
  if (clock === clocks.monotonic) return process.hrtime.bigint();
  // Process and thread time: what this process used.
  const used = process.cpuUsage();
  return BigInt(used.user + used.system) * 1000n;
}

function sleep(nanoseconds) {
  const milliseconds = Number(nanoseconds) / 1e6;
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

export class Wasi {
  /** The imports of module `wasi_snapshot_preview1`. */
  imports;
  #memory;
  #arguments;
  #environment;
  #files;

  /**
   * @param {{args: string[], env?: object, preopens?: Record<string, string>}} options
   *   `args` with the program's name first; `preopens` maps names inside to directories outside.
   */
  constructor({ args, env = {}, preopens = {} }) {
    this.#arguments = args.map((text) => Buffer.from(`${text}\0`));
    this.#environment = Object.entries(env).map(([name, value]) =>
      Buffer.from(`${name}=${value}\0`),
    );
    this.#files = new Descriptors(preopens);
    this.imports = this.#wrapAll();
  }

  /** Runs the program; returns its exit code. What the program throws (a trap) goes through. */
  start(instance) {
    this.#memory = instance.exports.memory;
    try {
      instance.exports._start();
      return 0;
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    } finally {
      this.#files.closeAll();
    }
  }

  #view() {
    return new DataView(this.#memory.buffer);
  }

  #bytes(address, length) {
    return new Uint8Array(this.#memory.buffer, address >>> 0, length >>> 0);
  }

  #text(address, length) {
    return Buffer.from(this.#bytes(address, length)).toString('utf8');
  }

  /** The memory regions of an array of `count` (address, length) pairs. */
  #regions(address, count) {
    const view = this.#view();
    return Array.from({ length: count }, (_, i) =>
      this.#bytes(
        view.getUint32((address >>> 0) + 8 * i, true),
        view.getUint32((address >>> 0) + 8 * i + 4, true),
      ),
    );
  }

  #setUint32(address, value) {
    this.#view().setUint32(address >>> 0, value, true);
  }

  #setUint64(address, value) {
    this.#view().setBigUint64(address >>> 0, BigInt(value), true);
  }

  /** Every function answers with an error number; a failed system call becomes one. */
  #wrapAll() {
    const all = { ...this.#processCalls(), ...this.#descriptorCalls(), ...this.#pathCalls() };
    const wrapped = {};
    for (const [name, call] of Object.entries(all)) {
      wrapped[name] = (...values) => {
        try {
          return call(...values) ?? errno.success;
        } catch (error) {
          if (error instanceof WasiError) return error.number;
          if (error?.syscall !== undefined) return errnoOf(error);
          throw error;
        }
      };
    }
    return wrapped;
  }

  #putStrings(strings, pointers, bytes) {
    let at = bytes >>> 0;
    strings.forEach((text, i) => {
      this.#setUint32((pointers >>> 0) + 4 * i, at);
      this.#bytes(at, text.length).set(text);
      at += text.length;
    });
  }

  #putSizes(strings, count, bytes) {
    this.#setUint32(count, strings.length);
    this.#setUint32(
      bytes,
      strings.reduce((sum, text) => sum + text.length, 0),
    );
  }

  #processCalls() {
    return {
      args_sizes_get: (count, bytes) => this.#putSizes(this.#arguments, count, bytes),
      args_get: (pointers, bytes) => this.#putStrings(this.#arguments, pointers, bytes),
      environ_sizes_get: (count, bytes) => this.#putSizes(this.#environment, count, bytes),
      environ_get: (pointers, bytes) => this.#putStrings(this.#environment, pointers, bytes),
      clock_res_get: (clock, result) =>
        this.#setUint64(result, clock === clocks.realtime ? 1_000_000n : 1n),
      clock_time_get: (clock, _precision, result) => this.#setUint64(result, now(clock)),
      random_get: (address, length) => void randomFillSync(this.#bytes(address, length)),
      sched_yield: () => {},
      proc_exit: (code) => {
        throw new Exit(code);
      },
      proc_raise: () => errno.nosys,
      poll_oneoff: (subscriptions, events, count, result) =>
        this.#poll(subscriptions >>> 0, events >>> 0, count, result),
    };
  }

  /** Files are always ready; with clocks alone, the earliest is slept for. */
  #poll(subscriptions, events, count, result) {
    if (count === 0) return errno.inval;
    const waits = Array.from({ length: count }, (_, i) =>
      this.#subscription(subscriptions + 48 * i),
    );
    const files = waits.filter((wait) => wait.kind !== 0);
    let ready = files;
    if (files.length === 0) {
      const least = waits.reduce((a, b) => (b.nanoseconds < a.nanoseconds ? b : a));
      sleep(least.nanoseconds);
      ready = [least];
    }
    const view = this.#view();
    ready.forEach((wait, i) => {
      const event = events + 32 * i;
      this.#bytes(event, 32).fill(0);
      view.setBigUint64(event, wait.userdata, true);
      view.setUint8(event + 10, wait.kind);
    });
    this.#setUint32(result, ready.length);
    return errno.success;
  }

  #subscription(address) {
    const view = this.#view();
    const kind = view.getUint8(address + 8);
    const clock = view.getUint32(address + 16, true);
    const timeout = view.getBigUint64(address + 24, true);
    const absolute = (view.getUint16(address + 40, true) & 1) !== 0;
    const left = absolute ? timeout - now(clock) : timeout;
    return { userdata: view.getBigUint64(address, true), kind, nanoseconds: left };
  }

  #descriptorCalls() {
    const files = this.#files;
    return {
      fd_write: (fd, regions, count, result) =>
        this.#setUint32(result, files.write(fd, this.#regions(regions, count))),
      fd_pwrite: (fd, regions, count, offset, result) =>
        this.#setUint32(result, files.write(fd, this.#regions(regions, count), Number(offset))),
      fd_read: (fd, regions, count, result) =>
        this.#setUint32(result, files.read(fd, this.#regions(regions, count))),
      fd_pread: (fd, regions, count, offset, result) =>
        this.#setUint32(result, files.read(fd, this.#regions(regions, count), Number(offset))),
      fd_seek: (fd, offset, whence, result) =>
        this.#setUint64(result, files.seek(fd, Number(offset), whence)),
      fd_tell: (fd, result) => this.#setUint64(result, files.seek(fd, 0, 1)),
      fd_close: (fd) => files.close(fd),
      fd_renumber: (from, to) => files.renumber(from, to),
      fd_sync: (fd) => files.sync(fd),
      fd_datasync: (fd) => files.sync(fd),
      fd_advise: (fd) => void files.get(fd),
      fd_allocate: (fd, offset, length) => files.allocate(fd, Number(offset) + Number(length)),
      fd_fdstat_get: (fd, result) => this.#putFdstat(files.get(fd), result >>> 0),
      fd_fdstat_set_flags: (fd, flags) => files.setFlags(fd, flags),
      fd_fdstat_set_rights: (fd) => void files.get(fd),
      fd_filestat_get: (fd, result) => this.#putFilestat(files.stat(fd), result),
      fd_filestat_set_size: (fd, size) => files.truncate(fd, Number(size)),
      fd_filestat_set_times: (fd, access, modification, flags) =>
        files.setTimes(fd, access, modification, flags),
      fd_readdir: (fd, address, length, cookie, result) =>
        this.#setUint32(result, files.readDirectory(fd, this.#bytes(address, length), cookie)),
      fd_prestat_get: (fd, result) => {
        this.#setUint32(result, 0);
        this.#setUint32((result >>> 0) + 4, Buffer.byteLength(files.preopenName(fd)));
      },
      fd_prestat_dir_name: (fd, address, length) => {
        const name = Buffer.from(files.preopenName(fd));
        if (name.length > length) return errno.nametoolong;
        this.#bytes(address, name.length).set(name);
        return errno.success;
      },
    };
  }

  #pathCalls() {
    const files = this.#files;
    const at = (fd, address, length) => files.resolve(fd, this.#text(address, length));
    return {
      path_open: (fd, _lookup, path, length, open, rights, _inheriting, flags, result) =>
        this.#setUint32(result, files.open(at(fd, path, length), open, rights, flags)),
      path_filestat_get: (fd, lookup, path, length, result) =>
        this.#putFilestat(files.statPath(at(fd, path, length), (lookup & 1) !== 0), result),
      path_filestat_set_times: (fd, _lookup, path, length, access, modification, flags) =>
        files.setPathTimes(at(fd, path, length), access, modification, flags),
      path_create_directory: (fd, path, length) => files.makeDirectory(at(fd, path, length)),
      path_remove_directory: (fd, path, length) => files.removeDirectory(at(fd, path, length)),
      path_unlink_file: (fd, path, length) => files.unlink(at(fd, path, length)),
      path_rename: (fd, path, length, toFd, to, toLength) =>
        files.rename(at(fd, path, length), at(toFd, to, toLength)),
      path_readlink: (fd, path, length, address, room, result) => {
        const target = files.readLink(at(fd, path, length)).subarray(0, room);
        this.#bytes(address, target.length).set(target);
        this.#setUint32(result, target.length);
      },
      path_link: () => errno.notsup,
      path_symlink: () => errno.notsup,
      sock_accept: () => errno.notsock,
      sock_recv: () => errno.notsock,
      sock_send: () => errno.notsock,
      sock_shutdown: () => errno.notsock,
    };
  }

  #putFdstat(file, address) {
    this.#bytes(address, 24).fill(0);
    const view = this.#view();
    view.setUint8(address, file.type);
    view.setUint16(address + 2, file.flags, true);
    view.setBigUint64(address + 8, file.rights, true);
    view.setBigUint64(address + 16, file.inheriting, true);
  }

  #putFilestat(stat, result) {
    const address = result >>> 0;
    this.#bytes(address, 64).fill(0);
    const view = this.#view();
    view.setBigUint64(address, stat.dev, true);
    view.setBigUint64(address + 8, stat.ino, true);
    view.setUint8(address + 16, stat.type);
    view.setBigUint64(address + 24, stat.nlink, true);
    view.setBigUint64(address + 32, stat.size, true);
    view.setBigUint64(address + 40, stat.atimeNs, true);
    view.setBigUint64(address + 48, stat.mtimeNs, true);
    view.setBigUint64(address + 56, stat.ctimeNs, true);
  }
}
