// SPDX-License-Identifier: MIT The table of docs/malloc.md, "Which parts go together". Every
// allowed pair of a malloc and a library links and runs, whatever their settings. Every other
// combination does not link, and the linker's message contains a name that says why. Natively;
// settings_wasm.test.mjs does the same for wasm.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, test as nodeTest } from 'node:test';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { CORE, Workshop } from './settings.mjs';

/** Apple's linker knows no second names. */
const test = process.platform === 'linux' ? nodeTest : nodeTest.skip;

const ALIGN_16 = /segfit_\w+__for_SEGFIT_ALIGN_16__segfit_0_1/;
const ALIGN_8 = /segfit_\w+__for_SEGFIT_ALIGN_8__segfit_0_1/;
const DIFFER =
  /segfit__all_objects_need_the_same_settings|segfit__\w+__for_SEGFIT_ALIGN_\d+_CHECK_/;

/** The settings in which a heap's bytes, or what reads them, can differ: a library of each. */
const CORES = {
  default: [],
  'align-8': ['-DSEGFIT_ALIGN=8'],
  'align-16': ['-DSEGFIT_ALIGN=16'],
  'check-0': ['-DSEGFIT_CHECK=0'],
  'check-2': ['-DSEGFIT_CHECK=2'],
  'check-3': ['-DSEGFIT_CHECK=3'],
  'check-4': ['-DSEGFIT_CHECK=4'],
  'no-stats': ['-DSEGFIT_STATS=0'],
  'fixed-rows': ['-DSEGFIT_FIXED_ROWS=20'],
  'fixed-search': ['-DSEGFIT_FIXED_SEARCH=1'],
};
const MALLOCS = {
  default: [],
  small: ['-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0', '-DSEGFIT_CACHE=0', '-DSEGFIT_PROBES=0'],
  debug: ['-DSEGFIT_DEBUG=1', '-DSEGFIT_CHECK=4'],
  'check-3': ['-DSEGFIT_CHECK=3'],
  'align-8': ['-DSEGFIT_ALIGN=8'],
  'one-thread': ['-DSEGFIT_THREADS=0'],
  prefixed: ['-DSEGFIT_MALLOC_PREFIX=my_'],
};

/** How src/malloc/malloc.c is compiled. */
const MALLOC = ['-DSEGFIT_MALLOC=1', '-fno-builtin'];

/** A program that uses the malloc with the prefix. */
const PREFIXED = ['-Dmalloc=my_malloc', '-Dfree=my_free'];

const CC = onPath('gcc') ? 'gcc' : 'cc';
const kinds = [
  { name: CC, cc: [CC, '-O0'] },
  {
    name: `${CC} -m32`,
    cc: [CC, '-O0', '-m32'],
    only: ['default', 'align-16', 'check-4', 'debug', 'small'],
  },
  {
    name: 'clang',
    cc: [onPath('clang-19') ?? 'clang', '-O0'],
    only: ['default', 'check-3', 'debug', 'small'],
  },
];
const open = [];
after(() => open.forEach((shop) => shop.close()));

for (const { name, cc, only } of kinds) {
  const shop = new Workshop(cc);
  open.push(shop);
  if (!shop.works()) continue;
  const among = (all) => Object.entries(all).filter(([key]) => !only || only.includes(key));

  test(`${name}: a library looks into the heap of every malloc`, () => {
    for (const [core, knobs] of among(CORES)) {
      // A program shares its library's alignment, and a fixed geometry.
      const shared = knobs.filter((knob) => /ALIGN|FIXED/.test(knob));
      const program = shop.program(`inspects-${core}`, 'inspects.c', shared);
      const prefixed = shop.program(`prefixed-${core}`, 'inspects.c', [...shared, ...PREFIXED]);
      const library = shop.core(core, knobs);
      for (const [malloc, given] of among(MALLOCS)) {
        const archive = shop.malloc(malloc, given);
        // In either order, as a command line may name them.
        const orders = [
          [archive, library],
          [library, archive, library],
        ];
        for (const words of core === 'default' ? orders : orders.slice(0, 1)) {
          const user = malloc === 'prefixed' ? prefixed : program;
          const { status, output } = shop.run([user, ...words]);
          assert.equal(status, 0, `${core} with malloc ${malloc}: ${output}`);
        }
      }
    }
  });

  const wide = name.endsWith('-m32') ? 8 : 16;

  test(`${name}: a program links one library, whose settings it shares`, () => {
    const right = shop.core('default', []);
    const refused = (program, words, message) => {
      const { status, output } = shop.link([program, ...words]);
      assert.notEqual(status, 0, `${program} ${words} links`);
      assert.match(output, message);
    };
    const heap = (flags) => shop.program(`heap${flags.join('')}`, 'heap.c', flags);
    const other = 24 - wide;
    assert.equal(shop.run([heap([]), right]).status, 0);
    assert.equal(shop.run([heap([`-DSEGFIT_ALIGN=${wide}`]), right]).status, 0);
    refused(heap([`-DSEGFIT_ALIGN=${other}`]), [right], other === 8 ? ALIGN_8 : ALIGN_16);
    const odd = shop.core(`align-${other}`, [`-DSEGFIT_ALIGN=${other}`]);
    refused(heap([]), [odd], wide === 8 ? ALIGN_8 : ALIGN_16);
    // A setting that a program states must be the library's.
    const checked = shop.core('check-4', ['-DSEGFIT_CHECK=4']);
    assert.equal(shop.run([heap(['-DSEGFIT_CHECK=4']), checked]).status, 0);
    assert.equal(shop.run([heap([]), checked]).status, 0);
    refused(heap(['-DSEGFIT_CHECK=4']), [right], /segfit_init__for_SEGFIT_ALIGN_\d+_CHECK_4_/);
    refused(heap(['-DSEGFIT_STATS=0']), [right], /segfit_init__for_\w+_STATS_0_/);
    refused(heap(['-DSEGFIT_EVENTS=1']), [right], /segfit_init__for_\w+_EVENTS_1_/);
    refused(heap(['-DSEGFIT_FIXED_ROWS=20']), [right], /segfit_init__for_\w+_FIXED_20_16_/);
    refused(heap(['-DSEGFIT_FIXED_SEARCH=1']), [right], /segfit_init__for_\w+_FIXED_any_16_/);
    const later = shop.header({ MINOR: 2 });
    const newer = (source) => shop.program(`later-${source}`, source, [`-I${later}`], []);
    refused(newer('heap.c'), [right], /segfit_init__\w+__segfit_0_2/);
    refused(newer('malloc.c'), [shop.malloc('default', [])], /segfit_malloc_stats__segfit_0_2/);
  });

  test(`${name}: objects of one library share their settings`, () => {
    const program = shop.program('inspects-default', 'inspects.c', []);
    const malloc = shop.malloc('default', []);
    // Levels 0 to 2 and the search differ in no heap's bytes, but in the name.
    const { 'check-3': coded, 'check-4': guarded, 'no-stats': bare, 'fixed-rows': fixed } = CORES;
    const events = ['-DSEGFIT_EVENTS=1'];
    const all = {
      'check-3': coded,
      'check-4': guarded,
      'no-stats': bare,
      'fixed-rows': fixed,
      events,
    };
    const others = among({ ...all, [`align-${24 - wide}`]: [`-DSEGFIT_ALIGN=${24 - wide}`] });
    for (const [setting, knobs] of others) {
      for (const file of CORE.filter((one) => !['panic', 'libcalls'].includes(one))) {
        const objects = CORE.map((one) =>
          one === file ? shop.object(one, setting, knobs) : shop.object(one, 'default', []),
        );
        const { status, output } = shop.link([program, ...objects, malloc]);
        assert.notEqual(status, 0, `${file}.c with ${knobs} links`);
        assert.match(output, DIFFER, `${file} with ${knobs}`);
      }
    }
  });
}

const shop = new Workshop([CC, '-O0']);
open.push(shop);
const refuses = (words, message) => {
  const { status, output } = shop.link(words);
  assert.notEqual(status, 0, `${words} links`);
  assert.match(output, message);
};
const works = (words, options) => {
  const { status, output } = shop.run(words, options);
  assert.equal(status, 0, output);
};

test('two libraries in one program are refused where they would mix', () => {
  const files = CORE.filter((file) => file !== 'check');
  const objects = files.map((file) => shop.object(file, 'check-4', CORES['check-4']));
  const part = shop.archive('check-4-in-part', objects);
  const program = shop.program('inspects-default', 'inspects.c', []);
  refuses([program, part, shop.core('default', []), shop.malloc('default', [])], DIFFER);
});

test('each object of a program shares the alignment', () => {
  const main = shop.program('heap', 'heap.c', []);
  const source = '#include <segfit.h>\nvoid give(segfit_t *h, void *p) { segfit_free(h, p); }\n';
  const second = shop.source('second', source, ['-DSEGFIT_ALIGN=8']);
  refuses([main, second, shop.core('default', [])], /segfit_free__for_SEGFIT_ALIGN_8__segfit_0_1/);
  works([main, shop.source('second', source, []), shop.core('default', [])]);
});

test('of two archives of malloc the first serves, and two objects are refused', () => {
  const program = shop.program('malloc', 'malloc.c', []);
  for (const [first, second] of [
    ['default', 'debug'],
    ['debug', 'small'],
    ['small', 'default'],
  ]) {
    const archives = [first, second].map((name) => shop.malloc(name, MALLOCS[name]));
    works([program, ...archives]);
    refuses(
      ['-Wl,--whole-archive', ...archives, '-Wl,--no-whole-archive', program],
      /segfit__only_one_malloc_in_a_program/,
    );
  }
  const prefixed = (prefix) =>
    shop.object('malloc', prefix, [...MALLOC, `-DSEGFIT_MALLOC_PREFIX=${prefix}`]);
  refuses([program, prefixed('a_'), prefixed('b_')], /segfit__only_one_malloc_in_a_program/);
});

test('the single file stands beside any archive, and looks like one', () => {
  const single = shop.single();
  works([shop.program('malloc', 'malloc.c', []), single, shop.malloc('debug', MALLOCS.debug)]);
  works([shop.program('inspects-default', 'inspects.c', []), single, shop.core('default', [])]);
  const debug = shop.single(['-DSEGFIT_CHECK=4']);
  works([shop.program('inspects-default', 'inspects.c', []), debug, shop.core('default', [])]);
  const program = shop.program('malloc', 'malloc.c', []);
  refuses([program, single, debug], /segfit__only_one_malloc_in_a_program/);
  const stated = shop.program('stated', 'malloc.c', ['-DSEGFIT_CHECK=4']);
  refuses([stated, single], /segfit_malloc_stats__for_SEGFIT_CHECK_4_/);
});

test('all sources together, by hand', () => {
  for (const knobs of [[], ['-DSEGFIT_CHECK=3'], ['-DSEGFIT_CHECK=4', '-DSEGFIT_ALIGN=8']]) {
    const name = `all${knobs.join('')}`;
    const all = [...CORE, 'malloc'].map((file) => shop.object(file, name, [...knobs, ...MALLOC]));
    works([shop.program(`inspects${knobs.join('')}`, 'inspects.c', knobs), ...all]);
  }
});

test('C++ programs, partial links, position-independent code and link-time optimisation', () => {
  const library = shop.core('default', []);
  const malloc = shop.malloc('debug', MALLOCS.debug);
  const cpp = shop.source(
    'cpp',
    `#include <segfit/growable.h>
#include <segfit/malloc.h>
int main()
{
    const bool sound = segfit_check(segfit_malloc_heap(), nullptr);
    return sound && segfit_init(nullptr, 0, nullptr) == nullptr ? 0 : 1;
}
`,
    [],
    '.cc',
  );
  works([cpp, malloc, library]);
  const program = shop.program('inspects-default', 'inspects.c', []);
  const partial = path.join(shop.folder, 'partial.o');
  shop.must([CC, '-r', '-nostdlib', '-o', partial, program, '-Wl,--whole-archive', library]);
  works([partial, malloc]);
  for (const flags of [['-fPIC'], ['-flto'], ['-static']]) {
    const name = flags.join('');
    const built = [
      shop.program(`inspects${name}`, 'inspects.c', flags),
      shop.malloc(`debug${name}`, [...MALLOCS.debug, ...flags.filter((flag) => flag !== '-flto')]),
      ...CORE.map((file) => shop.object(file, name, flags)),
    ];
    works([...flags, ...built]);
    const narrow = shop.program(`align-8${name}`, 'heap.c', [...flags, '-DSEGFIT_ALIGN=8']);
    refuses([...flags, narrow, ...built.slice(2)], ALIGN_8);
    const odd = shop.object('check', `check-3${name}`, [...flags, '-DSEGFIT_CHECK=3']);
    const mixed = built.map((object) => (object.endsWith('-check.o') ? odd : object));
    refuses([...flags, ...mixed], DIFFER);
  }
});

test("a shared library with a library of its own looks into the program's malloc", () => {
  const source = `#include <segfit/malloc.h>
__attribute__((visibility("default"))) int look(void);
int look(void) { return segfit_check(segfit_malloc_heap(), NULL); }
`;
  const hidden = ['-fPIC', '-fvisibility=hidden', '-DSEGFIT_ALIGN=8'];
  const object = shop.source('look', source, hidden);
  const core = CORE.map((file) => shop.object(file, 'look', ['-fPIC', '-DSEGFIT_ALIGN=8']));
  const own = shop.archive('look', core);
  const library = path.join(shop.folder, 'liblook.so');
  shop.must([CC, '-shared', '-Wl,--exclude-libs,ALL', '-o', library, object, own]);
  const text = `#include <stdlib.h>
int look(void);
int main(void) { free(malloc(9)); return look() ? 0 : 1; }
`;
  const archives = [shop.malloc('debug', MALLOCS.debug), shop.core('default', [])];
  works([shop.source('main', text, []), library, ...archives, `-Wl,-rpath,${shop.folder}`]);
});

test('a program with an archive runs under the library for LD_PRELOAD', () => {
  const flags = [...MALLOC, '-fPIC', '-DSEGFIT_MALLOC_PRELOAD=1', '-ftls-model=initial-exec'];
  const sources = ['malloc', 'preload'].map((file) => shop.object(file, 'preload', flags));
  const library = path.join(shop.folder, 'preload.so');
  shop.must([CC, '-shared', '-o', library, ...sources]);
  const archives = [shop.malloc('debug', MALLOCS.debug), shop.core('default', [])];
  const program = shop.program('inspects-default', 'inspects.c', []);
  works([program, ...archives], { LD_PRELOAD: library });
});

test('another word size does not link', (context) => {
  const words = ['-m32', '-E', '-xc', '-', '-include', 'stdlib.h'];
  if (spawnSync(CC, words, { input: '' }).status !== 0) {
    context.skip(`no 32-bit headers for ${CC}`);
    return;
  }
  const program = shop.program('heap-32', 'heap.c', ['-m32']);
  refuses(['-m32', program, shop.core('default', [])], /incompatible|undefined reference/);
});
