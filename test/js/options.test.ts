// SPDX-License-Identifier: MIT
/** Unknown options throw by name, wherever options are accepted. */
import { describe, expect, test } from '@jest/globals';
import { createTraceRing, Pool } from 'segfit';
import { instantiate } from 'segfit/core';
import { archive, archiveTargets } from 'segfit/malloc';

import { builtModule, copyOf, sameBytes, thrownBy } from './helpers.ts';

/** Passes a value that the types forbid. */
const any = (value: unknown): never => value as never;

const live = new Pool({ size: 65536 });
const used = live.alloc(100);

/** Checks that the call throws for the argument, names it, and leaves the pool unchanged. */
function refuses(call: () => unknown, ...shown: string[]): void {
  const before = copyOf(live);
  const thrown = thrownBy(call);
  expect({ name: thrown.name, code: thrown.code }).toEqual({
    name: 'TypeError',
    code: 'ERR_SEGFIT_ARG_TYPE',
  });
  for (const text of shown) expect(thrown.message).toContain(text);
  expect(sameBytes(copyOf(live), before)).toBe(true);
}

describe.each<[string, (options: never) => unknown]>([
  ['alloc', (options) => live.alloc(8, options)],
  ['realloc', (options) => live.realloc(used, 8, options)],
  ['realloc of 0', (options) => live.realloc(0, 8, options)],
  ['allocArray', (options) => live.allocArray(Uint8Array, 8, options)],
  ['reallocArray', (options) => live.reallocArray(live.view(used), 8, options)],
  ['block', (options) => live.block(8, options)],
])('%s', (_, call) => {
  test.each(['alignment', 'Align', 'zeroed', 'tags', 'size', 'label'])(
    'throws for "%s"',
    (name) => {
      refuses(() => call(any({ [name]: 64 })), `"${name}"`, 'align, zero, tag');
      refuses(() => call(any({ align: 64, [name]: undefined })), `"${name}"`);
    },
  );
  test.each<[string, unknown]>([
    ['1', 1],
    ['"no"', 'no'],
    ['null', null],
  ])('throws for %s as zero', (shown, zero) => {
    refuses(() => call(any({ zero })), 'zero must be a boolean', shown);
  });
  test('accepts known names with the value undefined, and inherited names', () => {
    call(any({ align: undefined, zero: undefined, tag: undefined }));
    const inherited = any(Object.create({ align: 64, other: 1 }));
    const made = call(inherited) as number | { byteOffset?: number; pointer?: number };
    const at = typeof made === 'number' ? made : (made.byteOffset ?? made.pointer);
    expect(at! % 64).toBe(0);
  });
});

test.each<[string, (options: never) => unknown]>([
  ['new Pool', (options) => new Pool(options)],
  ['Pool.shared', (options) => Pool.shared(options)],
  ['createTraceRing', (options) => createTraceRing(options)],
])('%s names the unknown option and the known ones', (_, call) => {
  refuses(() => call(any({ sise: 1 })), 'unknown option "sise"; known: ');
});

test('only Pool.shared() makes shared pools, and it takes no option shared', () => {
  refuses(() => Pool.shared(any({ shared: true })), '"shared"');
  refuses(() => Pool.shared(any({ resizable: true })), '"resizable"');
});

describe('a sink', () => {
  test.each(['events', 'onEvent', 'Ring', 'sink'])('with "%s" throws', (name) => {
    refuses(() => live.trace(any({ event() {}, [name]: () => {} })), `"${name}"`, 'event, ring');
  });
  test('of a class may have other members', () => {
    class Counter {
      count = 0;
      event(): void {
        this.count++;
      }
    }
    const counter = new Counter();
    live.trace(counter);
    live.free(live.alloc(8));
    live.trace(null);
    expect(counter.count).toBe(2);
  });
});

test('a ring that is asked to be shared where its pool is not, or the other way, is refused', () => {
  refuses(() => live.trace({ ring: createTraceRing({ capacity: 8, shared: true }) }), 'shared');
  const shared = Pool.shared({});
  const refused = thrownBy(() => shared.trace({ ring: createTraceRing({ shared: false }) }));
  expect(refused.code).toBe('ERR_SEGFIT_ARG_TYPE');
  expect(shared.stats().usedBlocks).toBe(0);
  shared.trace({ ring: createTraceRing({ capacity: 8, shared: true }) });
  live.trace({ ring: createTraceRing({ capacity: 8, shared: false }) });
  live.trace(null);
});

test('callbacks of a class instance are found by name and must be functions', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const make = (callbacks: unknown) => () =>
    instantiate(builtModule('segfit.wasm'), memory, any(callbacks));
  refuses(make({ events() {} }), '"events"', 'event, panic');
  refuses(make({ event: 5 }), 'event must be a function, not 5');
  refuses(make({ panic: 'stop' }), 'panic must be a function, not "stop"');
  refuses(make(5), '5');
  refuses(make(null), 'null');
  make({ event: undefined, panic: undefined })();
});

describe.each<[string, (options: never) => unknown]>([
  ['archive', (options) => archive('wasi', options)],
  ['archiveTargets', (options) => archiveTargets(options)],
])('%s refuses', (_, call) => {
  test.each<[string, unknown, string]>([
    [
      'an unknown option',
      { pthread: true },
      'unknown option "pthread"; known: threads, workers, pic, variant',
    ],
    ['a wrong type', { threads: 'yes' }, 'threads must be a boolean, not "yes"'],
    ['an unknown variant', { variant: 'smal' }, 'variant must be "small" or "debug", not "smal"'],
    ['no object', 'debug', '"debug"'],
  ])('%s', (_what, options, shown) => {
    refuses(() => call(any(options)), shown);
  });
});
