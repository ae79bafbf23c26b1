// SPDX-License-Identifier: MIT
/** The settings of the heap. Each change executes the same calls again. */
import { policies } from 'segfit/core';

import type { Settings } from '../model/run/settings.ts';
import { make, RunPanel, setText } from './dom.ts';

const kibibyte = 1024;

interface Choice {
  readonly name: string;
  readonly label: string;
  readonly title: string;
  /** Returns the options for the present settings. */
  readonly options: (settings: Settings, aligns: readonly number[]) => readonly [number, string][];
  readonly value: (settings: Settings) => number;
  readonly change: (value: number, settings: Settings) => Partial<Settings>;
}

/** Returns sizes around the present one. */
function sizes(now: number): [number, string][] {
  const steps = [1 / 4, 1 / 2, 1, 2, 4, 16].map((factor) => Math.round(now * factor));
  return steps
    .filter((bytes) => bytes >= 2 * kibibyte)
    .map((bytes) => [bytes, `${(bytes / kibibyte).toLocaleString('en')} KiB`]);
}

const choices: readonly Choice[] = [
  {
    name: 'policy',
    label: 'Search',
    title: 'Probe first checks the request’s own class; stock TLSF rounds up to the next',
    options: () => [
      [policies.probe, 'probe'],
      [policies.stock, 'stock TLSF'],
    ],
    value: ({ policy }) => policy,
    change: (policy) => ({ policy }),
  },
  {
    name: 'columns',
    label: 'Columns',
    title: 'Classes in each power of two (SLLEN)',
    options: () => [1, 4, 8, 16, 32].map((each) => [each, String(each)]),
    value: ({ columns }) => columns,
    change: (columns) => ({ columns }),
  },
  {
    name: 'align',
    label: 'Alignment',
    title: 'Of every block, and the unit of sizes',
    options: (_, aligns) => aligns.map((each) => [each, `${each} bytes`]),
    value: ({ align }) => align,
    change: (align) => ({ align }),
  },
  {
    name: 'size',
    label: 'Heap',
    title: 'Initial size',
    options: ({ size }) => sizes(size),
    value: ({ size }) => size,
    change: (size, { limit }) => ({ size, limit: Math.max(limit, size) }),
  },
  {
    name: 'growth',
    label: 'Growth',
    title: 'Whether the heap gets more memory when nothing fits',
    options: ({ size, step, limit }) => [
      [Math.max(limit, size + 4 * step), 'when full'],
      [size, 'never'],
    ],
    value: ({ limit }) => limit,
    change: (limit) => ({ limit }),
  },
  {
    name: 'pools',
    label: 'Pools',
    title: 'Regions of the initial bytes, with gaps between them',
    options: () => [1, 2, 4].map((each) => [each, String(each)]),
    value: ({ pools }) => pools,
    change: (pools) => ({ pools }),
  },
];

export class SettingsForm extends RunPanel {
  protected build(): void {
    const problem = make('p', { class: 'settings-problem', role: 'status' });
    const fields = choices.map((choice) => this.#field(choice, problem));
    this.append(make('div', { class: 'fields' }, ...fields), problem);
  }

  #field(choice: Choice, problem: HTMLElement): HTMLElement {
    const { name, label, title, options, value, change } = choice;
    const select = make('select', { 'data-setting': name, title });
    this.draws(() => {
      const settings = this.store.settingsOf(this.number);
      const offered = options(settings, this.store.aligns);
      select.replaceChildren(
        ...offered.map(([each, text]) => make('option', { value: each }, text)),
      );
      select.value = String(value(settings));
      select.disabled = offered.length < 2;
    });
    select.addEventListener('change', () => {
      const { store, number } = this;
      const wanted = change(Number(select.value), store.settingsOf(number));
      store.change(store.configuring(number, wanted)).then(
        () => setText(problem, ''),
        (error: unknown) =>
          setText(problem, error instanceof Error ? error.message : String(error)),
      );
    });
    return make('label', {}, label, select);
  }
}
