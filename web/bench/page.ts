// SPDX-License-Identifier: MIT
/**
 * The functions that bench/view.mjs runs inside the browser: the page's own panels over large
 * heaps.
 */
import { instantiate, layoutOf, policies } from 'segfit/core';

import { loadBuilds } from '../embed/builds.ts';
import { readingHeapl, writeHeapl } from '../formats/heapl.ts';
import { LiveHeap } from '../model/heap/live_heap.ts';
import { Stage } from '../model/page/stage.ts';
import { Store } from '../model/page/store.ts';
import { LiveWorld } from '../model/run/live_world.ts';
import type { Operation } from '../model/run/operation.ts';
import { inSlices, type Work } from '../model/work.ts';
import type { Panel } from '../view/dom.ts';
import { definePanels } from '../view/panels.ts';

const frames = 120;
const callsAFrame = 200;
const seeks = 60;

/** Milliseconds of script in a frame, and between frames. */
interface Times {
  readonly blocks: number;
  readonly script: readonly number[];
  readonly frame: readonly number[];
}

/** xorshift32, so that all runs use the same heaps. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function mount(stage: Stage): void {
  definePanels();
  const place = document.createElement('main');
  for (const name of ['map', 'strip', 'matrix', 'list', 'block']) {
    place.append(document.createElement(`segfit-${name}`));
  }
  document.body.replaceChildren(place);
  for (const panel of place.children) {
    (panel as Panel).store = stage;
  }
}

const nextFrame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done));

async function measure(blocks: number, count: number, act: () => void): Promise<Times> {
  const script: number[] = [];
  const frame: number[] = [];
  let before = await nextFrame();
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    act();
    script.push(performance.now() - begin);
    const now = await nextFrame();
    frame.push(now - before);
    before = now;
  }
  return { blocks, script, frame };
}

/** Measures a live heap of so many blocks while a program uses it. */
async function live(blocks: number): Promise<Times> {
  const builds = await loadBuilds();
  const { plain } = builds[0]!;
  const size = Math.ceil(blocks * 80) + 200_000;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((size + 4096) / 65_536) });
  const { exports } = instantiate(plain, memory);
  const heap = exports.segfit_init(4096, size, 0, 16, 0, policies.probe) >>> 0;
  const random = randomFrom(1);
  const held: number[] = [];
  const step = (): void => {
    if (held.length < blocks * 0.92 || random() % 2 === 0) {
      const pointer = exports.segfit_alloc(heap, 8 + (random() % 104)) >>> 0;
      if (pointer !== 0) {
        held.push(pointer);
        return;
      }
    }
    const at = random() % held.length;
    exports.segfit_free(heap, held[at]!);
    held[at] = held.at(-1)!;
    held.pop();
  };
  for (let call = 0; call < blocks * 2; call++) {
    step();
  }
  const world = new LiveWorld(new LiveHeap({ memory, heap, layout: layoutOf(plain) }), [plain]);
  world.refreshAll();
  mount(new Stage([world]));
  await nextFrame();
  const times = await measure(world.snapshot.value.blocks.count, frames, () => {
    for (let call = 0; call < callsAFrame; call++) {
      step();
    }
    world.refresh();
  });
  document.body.replaceChildren();
  return times;
}

/**
 * Makes a program of so many calls with up to `most` blocks; `mallocs` sixteenths of the calls are
 * malloc.
 */
function program(calls: number, most: number, mallocs: number): Operation[] {
  const random = randomFrom(2);
  const held: number[] = [];
  return Array.from({ length: calls }, (_, index): Operation => {
    if (held.length < most && (held.length === 0 || random() % 16 < mallocs)) {
      held.push(index + 1);
      return { kind: 'malloc', id: index + 1, size: 8 + (random() % 248), align: 0, zero: false };
    }
    const at = random() % held.length;
    const id = held[at]!;
    held[at] = held.at(-1)!;
    held.pop();
    return { kind: 'free', id };
  });
}

interface RunTimes {
  readonly calls: number;
  readonly read: number;
  readonly load: number;
  /** The longest time without a response of the page. */
  readonly longest: number;
  readonly seek: readonly number[];
  readonly play: Times;
}

/** Performs work as the page does, and measures the longest time without a pause. */
async function sliced<T>(work: Work<T>): Promise<{ result: T; time: number; longest: number }> {
  const begin = performance.now();
  let longest = 0;
  let last = begin;
  const pause = (): void => {
    longest = Math.max(longest, performance.now() - last);
    setTimeout(() => {
      last = performance.now();
    });
  };
  const result = (await inSlices(work, pause)) as T;
  pause();
  return { result, time: performance.now() - begin, longest };
}

/** Measures reading, loading, seeking and playing a recorded run. */
async function run(calls: number, most: number, mallocs: number): Promise<RunTimes> {
  const text = writeHeapl({ title: 'bench', meta: {}, operations: program(calls, most, mallocs) });
  const builds = await loadBuilds();
  const store = new Store(builds, { title: '', meta: {}, operations: [] });
  const reading = await sliced(readingHeapl(text));
  const loading = await sliced(store.loading(reading.result.trace));
  const longest = Math.max(reading.longest, loading.longest);
  mount(store);
  await nextFrame();
  const random = randomFrom(3);
  const seek: number[] = [];
  for (let index = 0; index < seeks; index++) {
    const begin = performance.now();
    store.seek(random() % calls);
    seek.push(performance.now() - begin);
    await nextFrame();
  }
  store.seek(Math.floor(calls * 0.9));
  const { count } = store.snapshot.value.blocks;
  const play = await measure(count, frames / 2, () => store.stepOperation(1));
  document.body.replaceChildren();
  return { calls, read: reading.time, load: loading.time, longest, seek, play };
}

Object.assign(window, { bench: { live, run } });
