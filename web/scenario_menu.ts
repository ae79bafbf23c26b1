// SPDX-License-Identifier: MIT
/** Selects the run: the recorded one, a scenario, or the reader's own; and names its origin. */
import { counted } from './model/format.ts';
import type { Store } from './model/page/store.ts';
import type { Trace } from './model/run/operation.ts';
import { type ScenarioName, scenarios } from './model/run/scenarios.ts';
import { effect } from './model/signal.ts';
import { make } from './view/dom.ts';

const recorded = 'recorded';

/** Loads a scenario, unless another run was requested while the builder was being loaded. */
async function loadScenario(store: Store, name: ScenarioName): Promise<void> {
  const isWanted = store.requestRun();
  const { buildScenario } = await import('./model/run/scenario_builder.ts');
  if (isWanted()) {
    const { trace, settings, at } = buildScenario(name, store.builds);
    store.load(trace, settings);
    store.seekMoment(at, 0);
  }
}

/** Fills the menu of runs. `own` is the page's own trace. */
export function offerScenarios(store: Store, own: Trace, select: HTMLSelectElement): void {
  const yours = make('option', { value: 'yours', hidden: true }, 'your trace');
  select.append(
    make('option', { value: recorded }, own.title),
    ...scenarios.map(({ name, title, what }) =>
      make('option', { value: name, title: what }, title),
    ),
    yours,
  );
  select.addEventListener('change', () => {
    if (select.value === recorded) {
      store.load(own);
    } else if (select.value !== yours.value) {
      void loadScenario(store, select.value as ScenarioName);
    }
  });
  effect(() => {
    const { meta } = store.trace.value;
    const name = typeof meta.scenario === 'string' ? meta.scenario : yours.value;
    const shown = store.trace.value === own ? recorded : name;
    yours.hidden = shown !== yours.value;
    select.value = shown;
  });
}

/** Updates the two sentences about the run's origin. */
export function showProvenance(store: Store, what: HTMLElement, provenance: HTMLElement): void {
  effect(() => {
    const { title, meta, operations } = store.trace.value;
    const name = title || 'a program';
    if (typeof meta.text === 'string') {
      what.textContent = `This run is a scenario. ${meta.text}`;
      const calls = counted(operations.length, 'call');
      provenance.textContent = `This run has ${calls}: ${name}. ${meta.text}`;
      return;
    }
    const script = typeof meta.script === 'string' ? ` (${meta.script})` : '';
    const word = typeof meta.word_size === 'number' ? `, a ${meta.word_size * 8}-bit program` : '';
    what.textContent = `This is a real run: ${name}.`;
    provenance.textContent =
      `This run has ${counted(operations.length, 'call')}, recorded from a real ` +
      `run of ${name}${script}${word}. Sizes and order are the program’s; this ` +
      'allocator decides where each block goes.';
  });
}
