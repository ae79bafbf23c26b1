// SPDX-License-Identifier: MIT
/** `<segfit-view>`: the panels in a shadow tree, for any page. */
import { layoutOf } from 'segfit/core';

import { refreshColours } from '../draw/colours.ts';
import { readHeapl, type ReadResult } from '../formats/heapl.ts';
import { counted } from '../model/format.ts';
import { LiveHeap } from '../model/heap/live_heap.ts';
import { Stage } from '../model/page/stage.ts';
import { Store } from '../model/page/store.ts';
import { readUrlState, writeUrlState } from '../model/page/url_state.ts';
import { urlStateOf, restoreUrlState } from '../model/page/url_sync.ts';
import { LiveWorld } from '../model/run/live_world.ts';
import { effect } from '../model/signal.ts';
import { defineAll, ElementBase, make, type Panel } from '../view/dom.ts';
import { listenToKeys } from '../view/keyboard.ts';
import { ManualCalls } from '../view/manual_calls.ts';
import { definePanels, heapPanels, runPanels } from '../view/panels.ts';
import { Share } from '../view/share.ts';
import { BlockTable } from '../view/table.ts';
import { Timeline } from '../view/timeline.ts';
import type { SegfitViewElement, WatchedHeap } from './api.d.ts';
import { loadBuilds } from './builds.ts';
import { addStyle } from './style.ts';

const usualOfRun = 'transport caption map matrix list block';
const usualOfHeap = 'map matrix list block';

/** Panels over the whole width. */
const wide: ReadonlySet<string> = new Set(['transport', 'caption', 'map', 'table', 'timeline']);

/** Panels that the page loads later, and the view includes. */
const heapExtras = { 'segfit-share': Share, 'segfit-table': BlockTable };
const runExtras = { 'segfit-hand': ManualCalls, 'segfit-timeline': Timeline };

/** Returns whether a panel of that name can show the stage. */
function isPanel(name: string, stage: Stage): boolean {
  const tag = `segfit-${name}`;
  const ofHeap = Object.hasOwn(heapPanels, tag) || Object.hasOwn(heapExtras, tag);
  const ofRun = Object.hasOwn(runPanels, tag) || Object.hasOwn(runExtras, tag);
  return ofHeap || (stage instanceof Store && ofRun);
}

function warningsOf(read: ReadResult | null): string[] {
  const count = read?.warnings.length ?? 0;
  return count === 0 ? [] : [`${counted(count, 'line')} of the trace cannot be read.`];
}

const membersOfHeap = ['memory', 'heap', 'layout', 'key'];

/** Throws for unknown members. An instance of a class, such as a Pool, may have others. */
function checkSource(source: WatchedHeap): void {
  const parent: unknown = Object.getPrototypeOf(source);
  const isPlain = parent === null || Object.getPrototypeOf(parent) === null;
  const other = Object.keys(source).find((name) => !membersOfHeap.includes(name));
  if (isPlain && other !== undefined) {
    throw new TypeError(`unknown option "${other}"; known options: ${membersOfHeap.join(', ')}`);
  }
}

const emptyTrace = { title: '', meta: {}, operations: [] };

export class SegfitView extends ElementBase implements SegfitViewElement {
  static readonly observedAttributes = ['src', 'state', 'panels', 'theme'];

  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #message = make('p', { class: 'message', role: 'status' });
  readonly #panels = make('div', { class: 'panels' });
  #stage: Stage | null = null;
  #world: LiveWorld | null = null;
  #endings: (() => void)[] = [];
  /** Counts requests, so that a late result is dropped. */
  #request = 0;
  #frame = 0;
  /** The message, and the warning about unknown panels that accompanies it. */
  #messageText = '';
  #warning = '';
  #isSeen = true;
  readonly #sight: IntersectionObserver;

  constructor() {
    super();
    addStyle(this.#root);
    this.#root.append(this.#message, this.#panels);
    this.#sight = new IntersectionObserver((entries) => {
      this.#isSeen = entries.at(-1)!.isIntersecting;
    });
  }

  // ---------------------------------------------------------------------------------- attributes

  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(value: string) {
    this.setAttribute('src', value);
  }

  get panels(): string {
    const usual = this.#world === null ? usualOfRun : usualOfHeap;
    return this.getAttribute('panels') ?? usual;
  }

  set panels(value: string) {
    this.setAttribute('panels', value);
  }

  get state(): string {
    return this.#stage instanceof Store ? writeUrlState(urlStateOf(this.#stage, null)) : '';
  }

  set state(value: string) {
    this.setAttribute('state', value);
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) {
      return;
    }
    if (name === 'panels') {
      this.#mount();
    } else if (name === 'theme') {
      refreshColours(this.#root);
    } else if (this.#world === null) {
      void this.#loadRun();
    }
  }

  connectedCallback(): void {
    definePanels();
    defineAll({ ...heapExtras, ...runExtras });
    this.#sight.observe(this);
    this.#mount();
    if (this.#stage === null && (this.src !== '' || this.hasAttribute('state'))) {
      void this.#loadRun();
    }
    this.#run();
  }

  disconnectedCallback(): void {
    cancelAnimationFrame(this.#frame);
    this.#sight.disconnect();
    this.#endings.splice(0).forEach((ending) => ending());
    this.#panels.replaceChildren();
  }

  // -------------------------------------------------------------------------------------- a run

  async #loadRun(): Promise<void> {
    const request = ++this.#request;
    const { state, problems } = readUrlState(this.getAttribute('state') ?? '');
    try {
      const builds = await loadBuilds();
      const read = state.trace === null && this.src !== '' ? await this.#fetchTrace() : null;
      if (request !== this.#request) {
        return;
      }
      const store = new Store(builds, read?.trace ?? emptyTrace);
      const said = [...problems, ...restoreUrlState(store, state), ...warningsOf(read)];
      this.#show(store);
      this.#setMessage(said.join(' '));
    } catch (error) {
      if (request === this.#request) {
        this.#fail(error);
      }
    }
  }

  async #fetchTrace(): Promise<ReadResult> {
    const response = await fetch(new URL(this.src, this.baseURI));
    if (!response.ok) {
      throw new Error(`${this.src}: ${response.status} ${response.statusText}`);
    }
    return readHeapl(await response.text());
  }

  // ----------------------------------------------------------------------------- a live memory

  async attach(source: WatchedHeap): Promise<void> {
    checkSource(source);
    const request = ++this.#request;
    try {
      const builds = await loadBuilds();
      if (request !== this.#request) {
        return;
      }
      const modules = builds.map(({ plain }) => plain);
      const layout = source.layout ?? layoutOf(modules[0]!);
      const world = new LiveWorld(
        new LiveHeap({ memory: source.memory, heap: source.heap, layout, key: source.key }),
        modules,
      );
      this.#world = world;
      const stage = new Stage([world]);
      // Selects the list of the largest free blocks at first.
      stage.selectClass(world.snapshot.value.heads.findLastIndex((head) => head !== 0));
      this.#show(stage);
      this.#setMessage('');
    } catch (error) {
      if (request === this.#request) {
        this.#fail(error);
      }
      throw error;
    }
  }

  detach(): void {
    this.#request++;
    this.#world = null;
  }

  refresh(): void {
    this.#world?.refreshAll();
  }

  // ------------------------------------------------------------------------------------ playback

  play(): void {
    this.#setPlaying(true);
  }

  pause(): void {
    this.#setPlaying(false);
  }

  #setPlaying(playing: boolean): void {
    const stage = this.#stage;
    if (stage instanceof Store && stage.playing.value !== playing) {
      stage.togglePlay();
    }
  }

  seek(call: number, step = Infinity): void {
    if (this.#stage instanceof Store) {
      this.#stage.seekMoment(call, step);
    }
  }

  // ------------------------------------------------------------------------------------- drawing

  #show(stage: Stage): void {
    if (!(stage instanceof Store)) {
      this.#world = stage.world as LiveWorld;
    }
    this.#stage = stage;
    this.#mount();
    this.#emit('segfit-ready', {});
  }

  #mount(): void {
    this.#endings.splice(0).forEach((ending) => ending());
    const stage = this.#stage;
    if (stage === null || !this.isConnected) {
      return;
    }
    const names = this.panels.split(/\s+/).filter((name) => name !== '');
    const known = names.filter((name) => isPanel(name, stage));
    const others = names.filter((name) => !isPanel(name, stage));
    this.#warning = others
      .map((name) => `There is no panel "${name}" here; it is ignored.`)
      .join(' ');
    this.#setMessage(this.#messageText);
    const panels = known.map((name) =>
      make(`segfit-${name}` as 'div', wide.has(name) ? { class: 'wide' } : {}),
    );
    this.#panels.classList.toggle('live', !(stage instanceof Store));
    this.#panels.replaceChildren(...panels);
    panels.forEach((panel) => {
      (panel as unknown as Panel).store = stage;
    });
    this.#emitChanges(stage);
  }

  #emitChanges(stage: Stage): void {
    this.#endings.push(effect(() => this.#emit('segfit-select', { block: stage.selected.value })));
    if (stage instanceof Store) {
      this.#endings.push(
        effect(() => {
          const { operation, moment } = stage.position.value;
          this.#emit('segfit-position', { call: operation, step: moment });
        }),
        listenToKeys(() => stage, null, this.#root),
      );
    }
  }

  /** Draws frame by frame while the element is visible. */
  #run(): void {
    let before = performance.now();
    const frame = (now: number): void => {
      this.#frame = requestAnimationFrame(frame);
      if (this.#isSeen) {
        this.#step((now - before) / 1000);
      }
      before = now;
    };
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(frame);
  }

  #step(seconds: number): void {
    if (this.#stage instanceof Store) {
      this.#stage.tick(seconds);
      return;
    }
    try {
      if (this.#world?.refresh() === true) {
        this.#setMessage('');
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #setMessage(said: string): void {
    this.#messageText = said;
    const text = [said, this.#warning].filter((part) => part !== '').join(' ');
    if (this.#message.textContent !== text) {
      this.#message.textContent = text;
    }
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#messageText !== message) {
      this.#setMessage(message);
      this.#emit('segfit-error', { message });
    }
  }
}
