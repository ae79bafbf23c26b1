// SPDX-License-Identifier: MIT
/**
 * Runs the same calls through the malloc that programs link, with and without its cache of freed
 * small blocks, and compares the results.
 */
import cachedUrl from '../../build/view/malloc-cache-128.wasm?url';
import plainUrl from '../../build/view/malloc-cache-0.wasm?url';
import { decimal } from '../model/format.ts';
import { summarizeFree } from '../model/heap/snapshot.ts';
import { Stage } from '../model/page/stage.ts';
import { MallocRun } from '../model/run/malloc_run.ts';
import { make, type Panel, RunPanel, setText } from './dom.ts';

/** Milliseconds that a moment must last before malloc runs to it. */
const patience = 60;

type Row = readonly [name: string, title: string, value: (run: MallocRun) => string];

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

const rows: readonly Row[] = [
  [
    'calls that did not change the heap',
    'served by the cache, or by a block that already had the size',
    ({ statistics: { value } }) => `${decimal(value.untouched)} of ${decimal(value.calls)}`,
  ],
  [
    'cached',
    'freed blocks in the cache, which the heap counts as used',
    ({ statistics: { value } }) =>
      `${decimal(value.cachedBlocks)} blocks, ${decimal(value.cachedBytes)} bytes`,
  ],
  [
    'pages of memory',
    'of 64 KiB, the module’s own data included',
    ({ statistics: { value } }) => decimal(value.pages),
  ],
  [
    'in used blocks',
    'without cached blocks',
    ({ statistics, snapshot }) =>
      decimal(snapshot.value.statistics.used - statistics.value.cachedBytes),
  ],
  ['free pieces', 'free blocks', ({ snapshot }) => decimal(summarizeFree(snapshot.value).count)],
  [
    'largest free block',
    'its header included',
    ({ snapshot }) => decimal(summarizeFree(snapshot.value).largest),
  ],
  [
    'fragmentation',
    '1 − largest free block ÷ all free',
    ({ snapshot }) => {
      const { total, largest } = summarizeFree(snapshot.value);
      return percent(total - largest, total);
    },
  ],
];

async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

export class MallocPanel extends RunPanel {
  #timer = 0;

  protected build(): void {
    const start = make('button', { type: 'button', 'data-action': 'malloc-run' });
    setText(start, 'Run these calls through malloc');
    const problem = make('p', { class: 'hint', role: 'status' });
    this.append(start, problem);
    start.addEventListener('click', () => {
      Promise.all([cachedUrl, plainUrl].map(compile)).then(
        (modules) => {
          this.replaceChildren();
          this.#show(modules);
        },
        (error: unknown) => setText(problem, `malloc cannot be loaded: ${error}`),
      );
    });
    this.onEnd(() => clearTimeout(this.#timer));
  }

  #show(modules: readonly WebAssembly.Module[]): void {
    const table = make('table', { class: 'metrics' });
    const maps = make('div', { class: 'malloc-maps' });
    this.append(table, maps);
    let runs: MallocRun[] = [];
    this.draws(() => {
      const { operations } = this.world.history;
      runs = modules.map((module) => new MallocRun(module, operations, this.world.classes));
      maps.replaceChildren(...mapsOf(new Stage(runs)));
    });
    this.draws(() => {
      const { operation } = this.store.position.value;
      void this.world.history;
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => {
        runs.forEach((run) => run.runTo(operation));
        table.replaceChildren(...contents(runs));
      }, patience);
    });
  }
}

function contents(runs: readonly MallocRun[]): HTMLElement[] {
  const heads = ['after this call', 'with its cache', 'without'];
  return [
    make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col' }, text)))),
    make(
      'tbody',
      {},
      ...rows.map(([name, title, value]) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row', title }, name),
          ...runs.map((run) => make('td', {}, value(run))),
        ),
      ),
    ),
  ];
}

function mapsOf(stage: Stage<MallocRun>): HTMLElement[] {
  return ['With its cache', 'Without'].map((title, world) => {
    const map = make('segfit-map' as 'div', { world }) as unknown as Panel;
    map.store = stage;
    return make('div', {}, make('h3', {}, title), map);
  });
}
