// SPDX-License-Identifier: MIT
/** Shows the run over its calls: used, requested and free bytes, and events. */
import { bytes, decimal } from '../model/format.ts';
import { binsOfTime, callAt, duration, type Times, timesOf } from '../model/run/call_times.ts';
import { diagnose } from '../model/run/diagnosis.ts';
import { type Interest, interests } from '../model/run/points_of_interest.ts';
import { type Bin, binsOf, type Range } from '../model/run/timeline_bins.ts';
import { type Signal, signal } from '../model/signal.ts';
import { make, RunPanel, setText } from './dom.ts';
import { type Axis, RunChart, chartBins } from './run_chart.ts';

export class Timeline extends RunPanel {
  /** The range of shown calls; null for all. */
  readonly #range: Signal<Range | null> = signal(null);

  protected build(): void {
    const text = make('p', { class: 'timeline-text' });
    this.append(make('div', { class: 'timeline-head' }, text, this.#controls()), this.#lanes());
    this.draws(() => setText(text, this.#text().trim()));
  }

  #shown(): Range {
    const { length } = this.world.history;
    const range = this.#range.value;
    return range === null || range.to > length ? { from: 0, to: length } : range;
  }

  #text(): string {
    const { callLog } = this.world.history;
    const { operation } = this.store.position.value;
    const used = callLog.used[operation] ?? 0;
    const free = (callLog.capacity[operation] ?? 0) - used;
    const held = callLog.held[operation] ?? 0;
    const times = this.#times();
    const when = times === null ? '' : `, at ${duration(times[operation] ?? 0)}`;
    return (
      `After this call${when}: ${bytes(held)} held, ${decimal(used - held)} for headers and rounding, ` +
      `${decimal(free)} free, ${decimal(callLog.largest[operation] ?? 0)} guaranteed. ` +
      this.#diagnosis(operation)
    );
  }

  /** Returns the diagnosis. It takes too long for every frame of a playing run. */
  #diagnosis(operation: number): string {
    return this.store.playing.value ? '' : diagnose(this.world.history.callLog, operation);
  }

  #controls(): HTMLElement {
    const select = make(
      'select',
      { 'aria-label': 'Kind of event', 'data-action': 'interest' },
      make('option', { value: 'any' }, 'next event'),
      ...Object.entries(interests).map(([name, what]) =>
        make('option', { value: name, title: what }, `next ${name}`),
      ),
    );
    select.addEventListener('change', () => {
      this.store.interest.value = select.value as Interest | 'any';
    });
    this.draws(() => {
      select.value = this.store.interest.value;
    });
    const go = (direction: 1 | -1) => (): void => this.store.seekInterest(direction);
    return make(
      'div',
      { class: 'timeline-controls' },
      button('previous', 'The previous event ([)', '◂', go(-1)),
      select,
      button('next', 'The next event (])', '▸', go(1)),
      button('mark', 'Mark this call, or remove its mark (M)', '⚑', () => this.store.toggleMark()),
      button('closer', 'Show fewer calls', '+', () => this.#zoom(0.5)),
      button('wider', 'Show more calls', '−', () => this.#zoom(2)),
      button('all', 'Show all calls', 'all', () => {
        this.#range.value = null;
      }),
    );
  }

  /** Zooms around the shown call. */
  #zoom(factor: number): void {
    const { from, to } = this.#shown();
    const { length } = this.world.history;
    const span = Math.max(Math.round((to - from) * factor), 20);
    if (span >= length) {
      this.#range.value = null;
      return;
    }
    const { operation } = this.store.position.value;
    const first = Math.min(Math.max(operation - Math.floor(span / 2), 0), length - span);
    this.#range.value = { from: first, to: first + span };
  }

  /** Returns a chart by call, and one by time if the trace has times. */
  #lanes(): HTMLElement {
    const byTime = make('div', { class: 'by-time' }, ...this.#runChart(() => this.#byTime()));
    this.draws(() => {
      byTime.hidden = this.#times() === null;
    });
    return make('div', { class: 'lanes' }, ...this.#runChart(() => this.#byCall()), byTime);
  }

  #times(): Times | null {
    return timesOf(this.world.history.operations);
  }

  #runChart(axis: () => TimelineAxis | null): HTMLElement[] {
    const runChart = new RunChart(axis, {
      seek: (call) => this.store.seek(call),
      show: (range) => {
        this.#range.value = range;
      },
    });
    const [first, name, last] = [make('span', {}), make('span', {}), make('span', {})];
    const inside = (call: number): boolean => {
      const { from, to } = this.#shown();
      return call >= from && call <= to;
    };
    this.draws(() => {
      const now = axis();
      if (now !== null) {
        runChart.drawBins(now.bins());
        setText(name, now.name);
        setText(first, now.first);
        setText(last, now.last);
      }
    });
    this.draws(() => runChart.drawMarks([...this.store.marks.value].filter(inside)));
    this.draws(() => {
      const { operation } = this.store.position.value;
      runChart.drawHead(operation, inside(operation));
    });
    const edges = make('p', { class: 'edges', 'aria-hidden': 'true' }, first, name, last);
    return [runChart.element, edges];
  }

  #byCall(): TimelineAxis {
    const { from, to } = this.#shown();
    const count = to - from + 1;
    return {
      name: this.#times() === null ? '' : 'by call',
      first: `call ${decimal(from)}`,
      last: `call ${decimal(to)}`,
      share: (call) => (call - from + 0.5) / count,
      callAt: (share) => Math.min(from + Math.floor(share * count), to),
      bins: () => binsOf(this.world.history.callLog, { from, to }, chartBins),
    };
  }

  #byTime(): TimelineAxis | null {
    const { from, to } = this.#shown();
    const times = this.#times();
    if (times === null) {
      return null;
    }
    const begin = times[from]!;
    const span = times[to]! - begin || 1;
    return {
      name: 'by time',
      first: duration(begin),
      last: duration(times[to]!),
      share: (call) => (times[call]! - begin) / span,
      callAt: (share) => Math.min(Math.max(callAt(times, begin + share * span), from), to),
      bins: () => binsOfTime(this.world.history.callLog, times, { from, to }, chartBins),
    };
  }
}

interface TimelineAxis extends Axis {
  readonly first: string;
  readonly last: string;
  readonly bins: () => Bin[];
}

function button(name: string, label: string, sign: string, act: () => void): HTMLElement {
  const made = make(
    'button',
    { type: 'button', title: label, 'aria-label': label, 'data-action': name },
    sign,
  );
  made.addEventListener('click', act);
  return made;
}
