// SPDX-License-Identifier: MIT
/**
 * The file descriptors of a WASI program: standard streams, preopened directories, what it opens.
 */
import fs from 'node:fs';
import path from 'node:path';
import { WasiError } from './wasi_errno.mjs';

export const fileType = { unknown: 0, block: 1, character: 2, directory: 3, regular: 4, link: 7 };

const openFlags = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const descriptorFlags = { append: 1, nonblock: 4 };
const timeFlags = { access: 1, accessNow: 2, modification: 4, modificationNow: 8 };
const rights = {
  read: 1n << 1n,
  seek: 1n << 2n,
  tell: 1n << 5n,
  write: 1n << 6n,
  readDirectory: 1n << 14n,
};
const allRights = (1n << 30n) - 1n;
const whence = { set: 0, current: 1, end: 2 };

function typeOf(stat) {
  if (stat.isDirectory()) return fileType.directory;
  if (stat.isFile()) return fileType.regular;
  if (stat.isSymbolicLink()) return fileType.link;
  if (stat.isCharacterDevice() || stat.isFIFO()) return fileType.character;
  if (stat.isBlockDevice()) return fileType.block;
  return fileType.unknown;
}

function described(stat) {
  const { dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
  return { type: typeOf(stat), dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs };
}

/** Repeats a call on a stream that answers EAGAIN, as pipes that somebody made non-blocking do. */
function persist(call) {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Seconds, as node takes times; -1n of a flag word means "leave as it is". */
function times(stat, access, modification, flags) {
  const now = Date.now() / 1000;
  const pick = (set, setNow, value, old) =>
    flags & setNow ? now : flags & set ? Number(value) / 1e9 : Number(old) / 1e9;
  return [
    pick(timeFlags.access, timeFlags.accessNow, access, stat.atimeNs),
    pick(timeFlags.modification, timeFlags.modificationNow, modification, stat.mtimeNs),
  ];
}

export class Descriptors {
  #open = new Map();

  /** @param {Record<string, string>} preopens names inside → directories outside */
  constructor(preopens) {
    for (const fd of [0, 1, 2]) this.#open.set(fd, this.#stream(fd));
    let fd = 3;
    for (const [name, directory] of Object.entries(preopens)) {
      const root = path.resolve(directory);
      if (!fs.statSync(root).isDirectory()) throw new Error(`${directory} is not a directory`);
      this.#open.set(fd++, this.#directory(root, root, name));
    }
  }

  #stream(host) {
    // A redirected stream is a file here as well; seeking in it would fight with the other process.
    return {
      host,
      type: fileType.character,
      flags: 0,
      rights: allRights & ~(rights.seek | rights.tell),
      inheriting: 0n,
    };
  }

  #directory(root, where, preopen) {
    return {
      root,
      path: where,
      preopen,
      type: fileType.directory,
      flags: 0,
      rights: allRights,
      inheriting: allRights,
    };
  }

  get(fd) {
    const file = this.#open.get(fd);
    if (file === undefined) throw new WasiError('badf');
    return file;
  }

  #file(fd) {
    const file = this.get(fd);
    if (file.host === undefined) throw new WasiError('isdir');
    return file;
  }

  preopenName(fd) {
    const { preopen } = this.get(fd);
    if (preopen === undefined) throw new WasiError('badf');
    return preopen;
  }

  /** The path outside of `name` below the directory `fd`, with the root it must stay in. */
  resolve(fd, name) {
    const directory = this.get(fd);
    if (directory.root === undefined) throw new WasiError('notdir');
    if (name === '') throw new WasiError('noent');
    if (name.includes('\0')) throw new WasiError('inval');
    const where = path.resolve(directory.path, name.startsWith('/') ? `.${name}` : name);
    const below = path.relative(directory.root, where);
    if (below === '..' || below.startsWith(`..${path.sep}`) || path.isAbsolute(below)) {
      throw new WasiError('notcapable');
    }
    return { root: directory.root, path: where };
  }

  open(at, open, wanted, flags) {
    const reads = (wanted & (rights.read | rights.readDirectory)) !== 0n;
    const writes = (wanted & rights.write) !== 0n || (open & openFlags.truncate) !== 0;
    const known = fs.statSync(at.path, { throwIfNoEntry: false });
    if (known?.isDirectory()) {
      if (writes || open & openFlags.create) throw new WasiError('isdir');
      return this.#add(this.#directory(at.root, at.path));
    }
    if (open & openFlags.directory) throw new WasiError(known ? 'notdir' : 'noent');
    let mode = writes
      ? reads
        ? fs.constants.O_RDWR
        : fs.constants.O_WRONLY
      : fs.constants.O_RDONLY;
    if (open & openFlags.create) mode |= fs.constants.O_CREAT;
    if (open & openFlags.exclusive) mode |= fs.constants.O_EXCL;
    if (open & openFlags.truncate) mode |= fs.constants.O_TRUNC;
    const host = fs.openSync(at.path, mode, 0o666);
    const type = typeOf(fs.fstatSync(host));
    return this.#add({ host, position: 0, type, flags, rights: wanted, inheriting: 0n });
  }

  #add(file) {
    let fd = 3;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, file);
    return fd;
  }

  close(fd) {
    const file = this.get(fd);
    if (file.host > 2) fs.closeSync(file.host);
    this.#open.delete(fd);
  }

  closeAll() {
    for (const fd of [...this.#open.keys()]) this.close(fd);
  }

  renumber(from, to) {
    const file = this.get(from);
    if (from === to) return;
    if (this.#open.has(to)) this.close(to);
    this.#open.delete(from);
    this.#open.set(to, file);
  }

  /** Writes all regions, at `offset` or where the file stands; returns how many bytes. */
  write(fd, regions, offset) {
    const file = this.#file(fd);
    const seekable = file.position !== undefined;
    if (!seekable && offset !== undefined) throw new WasiError('spipe');
    let at = offset ?? file.position;
    if (offset === undefined && seekable && file.flags & descriptorFlags.append) {
      at = fs.fstatSync(file.host).size;
    }
    let total = 0;
    for (const region of regions) {
      for (let done = 0; done < region.length;) {
        const rest = region.subarray(done);
        const position = seekable ? at + total : null;
        const count = persist(() => fs.writeSync(file.host, rest, 0, rest.length, position));
        done += count;
        total += count;
      }
    }
    if (seekable && offset === undefined) file.position = at + total;
    return total;
  }

  /** Reads into the regions until one stays short; returns how many bytes, 0 at the end. */
  read(fd, regions, offset) {
    const file = this.#file(fd);
    const seekable = file.position !== undefined;
    if (!seekable && offset !== undefined) throw new WasiError('spipe');
    let total = 0;
    for (const region of regions) {
      if (region.length === 0) continue;
      const position = seekable ? (offset ?? file.position) + total : null;
      const count = this.#readSome(file, region, position);
      total += count;
      if (count < region.length) break;
    }
    if (seekable && offset === undefined) file.position += total;
    return total;
  }

  #readSome(file, region, position) {
    try {
      return persist(() => fs.readSync(file.host, region, 0, region.length, position));
    } catch (error) {
      // What closed pipes answer on some systems.
      if (error.code === 'EOF') return 0;
      throw error;
    }
  }

  seek(fd, offset, from) {
    const file = this.#file(fd);
    if (file.position === undefined) throw new WasiError('spipe');
    let base = 0;
    if (from === whence.current) base = file.position;
    if (from === whence.end) base = fs.fstatSync(file.host).size;
    if (from > whence.end || base + offset < 0) throw new WasiError('inval');
    file.position = base + offset;
    return file.position;
  }

  sync(fd) {
    const file = this.#file(fd);
    if (file.type === fileType.regular) fs.fsyncSync(file.host);
  }

  allocate(fd, size) {
    const file = this.#file(fd);
    if (fs.fstatSync(file.host).size < size) fs.ftruncateSync(file.host, size);
  }

  truncate(fd, size) {
    fs.ftruncateSync(this.#file(fd).host, size);
  }

  setFlags(fd, flags) {
    this.get(fd).flags = flags;
  }

  stat(fd) {
    const file = this.get(fd);
    if (file.host === undefined) return described(fs.statSync(file.path, { bigint: true }));
    return { ...described(fs.fstatSync(file.host, { bigint: true })), type: file.type };
  }

  statPath(at, follow) {
    const options = { bigint: true };
    return described(follow ? fs.statSync(at.path, options) : fs.lstatSync(at.path, options));
  }

  setTimes(fd, access, modification, flags) {
    const file = this.get(fd);
    if (file.host === undefined) {
      this.setPathTimes(file, access, modification, flags);
    } else {
      fs.futimesSync(file.host, ...times(this.stat(fd), access, modification, flags));
    }
  }

  setPathTimes(at, access, modification, flags) {
    fs.utimesSync(at.path, ...times(this.statPath(at, true), access, modification, flags));
  }

  makeDirectory(at) {
    fs.mkdirSync(at.path);
  }

  removeDirectory(at) {
    fs.rmdirSync(at.path);
  }

  unlink(at) {
    if (fs.lstatSync(at.path).isDirectory()) throw new WasiError('isdir');
    fs.unlinkSync(at.path);
  }

  rename(from, to) {
    fs.renameSync(from.path, to.path);
  }

  readLink(at) {
    return fs.readlinkSync(at.path, { encoding: 'buffer' });
  }

  /** Fills `bytes` with directory entries from number `cookie` on; the last may be cut off. */
  readDirectory(fd, bytes, cookie) {
    const directory = this.get(fd);
    if (directory.root === undefined) throw new WasiError('notdir');
    const entries = this.#entries(directory);
    let used = 0;
    for (let i = Number(cookie); i < entries.length && used < bytes.length; i++) {
      const record = this.#record(entries[i], BigInt(i + 1));
      const part = record.subarray(0, bytes.length - used);
      bytes.set(part, used);
      used += part.length;
    }
    return used;
  }

  #entries(directory) {
    const named = (name, where) => {
      const stat = fs.lstatSync(where, { bigint: true, throwIfNoEntry: false });
      return { name, ino: stat?.ino ?? 0n, type: stat ? typeOf(stat) : fileType.unknown };
    };
    const names = fs.readdirSync(directory.path).sort();
    return [
      named('.', directory.path),
      named('..', directory.path),
      ...names.map((name) => named(name, path.join(directory.path, name))),
    ];
  }

  #record(entry, next) {
    const name = Buffer.from(entry.name);
    const record = Buffer.alloc(24 + name.length);
    record.writeBigUInt64LE(next, 0);
    record.writeBigUInt64LE(BigInt.asUintN(64, entry.ino), 8);
    record.writeUInt32LE(name.length, 16);
    record.writeUInt8(entry.type, 20);
    name.copy(record, 24);
    return record;
  }
}
