// SPDX-License-Identifier: MIT
/** The real allocator and the real trace, for tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policies } from 'segfit/core';

import { readHeapl } from '../../web/formats/heapl.ts';
import { type Build, createAllocator, type Instance } from '../../web/model/heap/allocator.ts';
import type { Classes } from '../../web/model/heap/classes.ts';
import { snapshotOf } from '../../web/model/heap/decode.ts';
import type { Snapshot } from '../../web/model/heap/snapshot.ts';
import { History } from '../../web/model/run/history.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import type { Settings } from '../../web/model/run/settings.ts';

const root = join(__dirname, '..', '..');

export const traceText = readFileSync(join(root, 'web', 'traces', 'lua-words.heapl'), 'utf8');
export const trace = readHeapl(traceText).trace;

const compiled = (name: string, folder = 'dist'): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(join(root, folder, name)));

export const build: Build = {
  plain: compiled('segfit.wasm'),
  events: compiled('segfit-events.wasm'),
};

/** The same with the other alignment. */
export const wideBuild: Build = {
  plain: compiled('segfit-16-events.wasm', 'build/view'),
  events: compiled('segfit-16-events.wasm', 'build/view'),
};

export const small: Settings = {
  size: 16 * 1024,
  limit: 64 * 1024,
  step: 16 * 1024,
  columns: 16,
  policy: policies.probe,
  align: 8,
  pools: 1,
};

export interface Run {
  readonly instance: Instance;
  readonly history: History;
  /** Returns the heap at a step of an operation; by default, after it. */
  at(number: number, moment?: number): Snapshot;
  readonly classes: Classes;
}

export function run(operations: readonly Operation[], settings = small, stride = 16): Run {
  const instance = createAllocator(build, settings.limit);
  const history = History.of(instance, settings, operations, { stride });
  return {
    instance,
    history,
    at: (number, moment = Infinity) =>
      snapshotOf(history.memoryAt(number, moment), history.heap, instance.layout),
    classes: {
      sizeOf: (index) => instance.classSize(history.heap, index),
      of: (size) => instance.classOf(history.heap, size),
      blockFor: (request) => instance.blockSize(history.heap, request),
    },
  };
}

let lastId = 0;

export function malloc(size: number, align = 0): Operation & { kind: 'malloc' } {
  return { kind: 'malloc', id: ++lastId, size, align, zero: false };
}

export function calloc(size: number): Operation & { kind: 'malloc' } {
  return { kind: 'malloc', id: ++lastId, size, align: 0, zero: true };
}

export function release(operation: Operation): Operation {
  return { kind: 'free', id: operation.id };
}

export function realloc(operation: Operation, size: number): Operation & { kind: 'realloc' } {
  return { kind: 'realloc', id: ++lastId, oldId: operation.id, size };
}
