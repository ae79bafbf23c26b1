// SPDX-License-Identifier: MIT
/** Starts the page: the only file with effects beyond its own panel. */
import eventsUrl from 'segfit/segfit-events.wasm?url';
import plainUrl from 'segfit/segfit.wasm?url';
import wideUrl from '../build/view/segfit-16-events.wasm?url';
import { readHeapl, type ReadResult, type Warning } from './formats/heapl.ts';
import type { Build } from './model/allocator.ts';
import { counted } from './model/format.ts';
import { keepAddress } from './address_bar.ts';
import { learnIn } from './learn/mode.ts';
import { Store } from './model/store.ts';
import { offerScenarios, tellProvenance } from './scenario_menu.ts';
import { offerComparison } from './second.ts';
import traceUrl from './traces/lua-words.heapl?url';
import type { Panel } from './view/dom.ts';
import { keySheet, listenToKeys } from './view/keyboard.ts';
import { definePanels, panelNames } from './view/panels.ts';
import type { Share } from './view/share.ts';

/** A file that is larger would hold the page up for long. */
const largestFile = 32 * 1024 * 1024;
const shownWarnings = 8;

function byId<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

function showProblems(title: string, warnings: readonly Warning[]): void {
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
  const list = document.createElement('ul');
  list.append(
    ...lines.map((text) => Object.assign(document.createElement('li'), { textContent: text })),
  );
  const close = Object.assign(document.createElement('button'), {
    type: 'button',
    textContent: 'Dismiss',
  });
  close.addEventListener('click', () => showProblems('', []));
  box.append(Object.assign(document.createElement('p'), { textContent: title }), list, close);
}

function showResult(name: string, { trace, warnings }: ReadResult): void {
  const skipped = `${counted(warnings.length, 'line')} of ${name} cannot be read. The rest plays.`;
  const nothing = trace.operations.length === 0 ? `${name} holds no call of malloc or free.` : '';
  showProblems(nothing || (warnings.length > 0 ? skipped : ''), warnings);
}

async function openFile(store: Store, file: File): Promise<void> {
  if (file.size > largestFile) {
    showProblems(`${file.name} is larger than ${largestFile / 1024 / 1024} MiB.`, []);
    return;
  }
  const result = readHeapl(await file.text());
  showResult(file.name, result);
  if (result.trace.operations.length > 0) {
    store.load({ ...result.trace, title: result.trace.title || file.name });
  }
}

/** Time goes on while the page is seen. */
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

/** The trace to begin with: what `?trace=` names on this server, or the page's own. */
async function firstTrace(): Promise<readonly [name: string, result: ReadResult]> {
  const given = new URLSearchParams(location.search).get('trace');
  const url = new URL(given ?? traceUrl, location.href);
  // The page's own may be anywhere: in one file from a disk it is part of that.
  if (given !== null && url.origin !== location.origin) {
    throw new Error(`${url.href} is on another server`);
  }
  const result = readHeapl(await (await fetchOrFail(url.href)).text());
  if (given === null) {
    return ['The trace', result];
  }
  const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
  return [name, { ...result, trace: { ...result.trace, title: result.trace.title || name } }];
}

async function start(): Promise<void> {
  const [first, wide, [name, result]] = await Promise.all([
    fetchBuild(plainUrl, eventsUrl),
    // One module for both: without a listener its events are told to nobody.
    fetchBuild(wideUrl, wideUrl),
    firstTrace(),
  ]);
  const builds = [first, wide];
  const store = new Store(builds, result.trace);
  showResult(name, result);
  const learn = learnIn(byId('learn'), builds);
  definePanels();
  fillPanels(store, panelNames);
  tellProvenance(store, byId('what'), byId('provenance'));
  offerScenarios(store, result.trace, byId<HTMLSelectElement>('scenario'));
  offerComparison(store, byId('compare'), byId('second'));
  const sheet = keySheet();
  document.body.append(sheet);
  const storeNow = (): Store => learn.store ?? store;
  listenToKeys(storeNow, sheet);
  byId('keys').addEventListener('click', () => sheet.showModal());
  byId<HTMLInputElement>('follow').addEventListener('change', (event) => {
    store.follow.value = (event.target as HTMLInputElement).checked;
  });
  const file = byId<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen !== undefined) {
      void openFile(store, chosen);
      file.value = '';
    }
  });
  const isFresh = location.hash === '';
  keepAddress({
    store,
    own: result.trace,
    openChapter: (chapter) => void learn.open(chapter),
    tell: (problems) => showProblems(problems.join(' '), []),
  });
  if (isFresh && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
    store.togglePlay();
  }
  animate(storeNow);
  const { defineLaterPanels, laterPanelNames, showFlights } =
    await import('./view/later_panels.ts');
  defineLaterPanels();
  document.querySelector<Share>('segfit-share')!.options = { own: result.trace };
  showFlights(store);
  fillPanels(store, laterPanelNames);
  document.documentElement.dataset.ready = 'true';
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  showProblems(`The page could not start: ${text}`, []);
});
