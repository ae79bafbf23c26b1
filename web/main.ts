// SPDX-License-Identifier: MIT
/** Starts the page. Only this file has effects beyond its own panel. */
import eventsUrl from 'segfit/segfit-events.wasm?url';
import plainUrl from 'segfit/segfit.wasm?url';
import wideUrl from '../build/view/segfit-16-events.wasm?url';
import traceUrl from './traces/lua-words.heapl?url';

import { keepAddress } from './address_bar.ts';
import { readHeapl, type Warning } from './formats/heapl.ts';
import { learnIn } from './learn/mode.ts';
import { counted } from './model/format.ts';
import type { Build } from './model/heap/allocator.ts';
import { Store } from './model/page/store.ts';
import type { Trace } from './model/run/operation.ts';
import { offerScenarios, showProvenance } from './scenario_menu.ts';
import { offerComparison } from './second_heap.ts';
import { make, type Panel } from './view/dom.ts';
import { keySheet, listenToKeys } from './view/keyboard.ts';
import { definePanels, panelNames } from './view/panels.ts';
import type { Share } from './view/share.ts';

const shownWarnings = 8;

function byId<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** Shows a message above the page; '' removes it. */
function showProblems(
  title: string,
  warnings: readonly Warning[] = [],
  ...more: readonly HTMLElement[]
): void {
  const box = byId('problems');
  box.hidden = title === '';
  box.replaceChildren();
  if (title === '') {
    return;
  }
  const lines = warnings.slice(0, shownWarnings).map(({ line, text }) => `Line ${line}: ${text}`);
  if (warnings.length > shownWarnings) {
    lines.push(`and ${counted(warnings.length - shownWarnings, 'line')} more`);
  }
  const items = lines.map((text) => make('li', {}, text));
  const list = items.length === 0 ? [] : [make('ul', {}, ...items)];
  const close = make('button', { type: 'button', 'data-action': 'dismiss' }, 'Dismiss');
  close.addEventListener('click', () => showProblems(''));
  box.append(make('p', {}, title), ...list, ...more, close);
}

/** Advances the run in each frame while the page is visible. */
function animate(storeNow: () => Store): void {
  let before = performance.now();
  const frame = (now: number): void => {
    storeNow().tick((now - before) / 1000);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

async function fetchOrFail(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return response;
}

async function fetchModule(url: string): Promise<WebAssembly.Module> {
  const response = await fetchOrFail(url);
  return WebAssembly.compile(await response.arrayBuffer());
}

function fillPanels(store: Store, names: readonly string[]): void {
  document
    .querySelectorAll<Panel>(`main :is(${names.join()}), header :is(${names.join()})`)
    .forEach((panel) => {
      panel.store = store;
    });
}

async function fetchBuild(plainAt: string, eventsAt: string): Promise<Build> {
  const [plain, events] = await Promise.all([plainAt, eventsAt].map(fetchModule));
  return { plain: plain!, events: events! };
}

/** Loads the page's own trace. */
async function ownTrace(): Promise<Trace> {
  return readHeapl(await (await fetchOrFail(traceUrl)).text()).trace;
}

async function start(): Promise<void> {
  const [first, wide, trace] = await Promise.all([
    fetchBuild(plainUrl, eventsUrl),
    // One module serves as both: without a listener its events have no effect.
    fetchBuild(wideUrl, wideUrl),
    ownTrace(),
  ]);
  const builds = [first, wide];
  const store = new Store(builds, trace);
  const learn = learnIn(byId('learn'), builds);
  definePanels();
  fillPanels(store, panelNames);
  // The code that reads traces, loaded separately.
  const opening = import('./open_trace.ts');
  const given = new URLSearchParams(location.search).get('trace');
  if (given !== null) {
    await (await opening).openGiven(store, given, showProblems);
  }
  const own = store.trace.value;
  showProvenance(store, byId('what'), byId('provenance'));
  offerScenarios(store, trace, byId<HTMLSelectElement>('scenario'));
  offerComparison(store, byId('compare'), byId('second'));
  const sheet = keySheet();
  document.body.append(sheet);
  const storeNow = (): Store => learn.store ?? store;
  listenToKeys(storeNow, sheet);
  byId('keys').addEventListener('click', () => sheet.showModal());
  byId<HTMLInputElement>('follow').addEventListener('change', (event) => {
    store.follow.value = (event.target as HTMLInputElement).checked;
  });
  const isFresh = location.hash === '';
  keepAddress({
    store,
    own,
    openChapter: (chapter) => void learn.open(chapter),
    report: (problems) => showProblems(problems.join(' ')),
  });
  if (isFresh && given === null && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
    store.togglePlay();
  }
  animate(storeNow);
  const { defineLazyPanels, lazyPanelNames, animateSteps } = await import('./view/lazy_panels.ts');
  defineLazyPanels();
  document.querySelector<Share>('segfit-share')!.options = { own };
  animateSteps(store);
  fillPanels(store, lazyPanelNames);
  (await opening).offerOpening(store, byId<HTMLInputElement>('file'), showProblems);
  document.documentElement.dataset.ready = 'true';
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  showProblems(`The page could not start: ${text}`);
});
