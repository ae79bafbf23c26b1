// SPDX-License-Identifier: MIT
/** The run over its calls: what is used, what was asked for, what is free, what happened. */
import { type Bin, binsOf, type Range } from '../model/bins.ts';
import { diagnose } from '../model/diagnosis.ts';
import { bytes, decimal } from '../model/format.ts';
import { type Interest, interests } from '../model/interesting.ts';
import { type Signal, signal } from '../model/signal.ts';
import { make, makeSvg, RunPanel, setText } from './dom.ts';

const chart = { width: 1000, height: 120 };

/** A line or an area over the bins, as steps from left to right. */
function trail(values: readonly number[], most: number): string {
  const y = (value: number): string => (chart.height * (1 - value / most)).toFixed(1);
  return values
    .map((value, index) => {
      const [from, to] = [index, index + 1].map((at) =>
        ((at * chart.width) / values.length).toFixed(1),
      );
      return `${index === 0 ? 'M' : 'L'}${from} ${y(value)}L${to} ${y(value)}`;
    })
    .join('');
}

function area(values: readonly number[], most: number): string {
  return values.length === 0
    ? ''
    : `${trail(values, most)}L${chart.width} ${chart.height}L0 ${chart.height}Z`;
}

export class Timeline extends RunPanel {
  /** The calls that are shown; null: all. */
  readonly #range: Signal<Range | null> = signal(null);

  protected build(): void {
    const text = make('p', { class: 'timeline-text' });
    this.append(
      make('div', { class: 'timeline-head' }, text, this.#controls()),
      this.#picture(),
      this.#edges(),
    );
    this.draws(() => setText(text, this.#text().trim()));
  }

  #shown(): Range {
    return this.#range.value ?? { from: 0, to: this.world.history.length };
  }

  #text(): string {
    const { ledger } = this.world.history;
    const { operation } = this.store.position.value;
    const used = ledger.used[operation] ?? 0;
    const free = (ledger.capacity[operation] ?? 0) - used;
    const held = ledger.held[operation] ?? 0;
    return (
      `After this call: ${bytes(held)} held, ${decimal(used - held)} for headers and rounding, ` +
      `${decimal(free)} free, ${decimal(ledger.largest[operation] ?? 0)} surely to be had at once. ` +
      this.#diagnosis(operation)
    );
  }

  /** Looking over half of a long run takes its time: not for every frame of one that plays. */
  #diagnosis(operation: number): string {
    return this.store.playing.value ? '' : diagnose(this.world.history.ledger, operation);
  }

  #controls(): HTMLElement {
    const select = make(
      'select',
      { 'aria-label': 'What to look for', 'data-action': 'interest' },
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
      button('previous', 'The one before ([)', '◂', go(-1)),
      select,
      button('next', 'The next one (])', '▸', go(1)),
      button('mark', 'Mark this call, or take its mark away (M)', '⚑', () =>
        this.store.toggleMark(),
      ),
      button('closer', 'Show fewer calls', '+', () => this.#zoom(0.5)),
      button('wider', 'Show more calls', '−', () => this.#zoom(2)),
      button('all', 'Show all calls', 'all', () => {
        this.#range.value = null;
      }),
    );
  }

  /** Around the playhead. */
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

  #picture(): HTMLElement {
    const shapes = {
      capacity: makeSvg('path', { class: 'capacity' }),
      used: makeSvg('path', { class: 'used' }),
      held: makeSvg('path', { class: 'held' }),
      largest: makeSvg('path', { class: 'largest' }),
      marks: makeSvg('g'),
      own: makeSvg('g'),
      head: makeSvg('path', { class: 'head' }),
    };
    const picture = makeSvg(
      'svg',
      {
        viewBox: `0 0 ${chart.width} ${chart.height}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      ...Object.values(shapes),
    );
    const box = make('div', { class: 'chart' }, picture as unknown as HTMLElement);
    this.draws(() => {
      const bins = binsOf(this.world.history.ledger, this.#shown(), chart.width);
      const most = bins.reduce((peak, { capacity }) => Math.max(peak, capacity), 1);
      const of = (name: 'capacity' | 'used' | 'held' | 'largest'): number[] =>
        bins.map((bin) => bin[name]);
      shapes.capacity.setAttribute('d', area(of('capacity'), most));
      shapes.used.setAttribute('d', area(of('used'), most));
      shapes.held.setAttribute('d', area(of('held'), most));
      shapes.largest.setAttribute('d', trail(of('largest'), most));
      shapes.marks.replaceChildren(...marks(bins));
    });
    this.draws(() => {
      const { from, to } = this.#shown();
      const shown = [...this.store.marks.value].filter((call) => call >= from && call <= to);
      shapes.own.replaceChildren(
        ...shown.map((call) => own((call - from + 0.5) / (to - from + 1))),
      );
    });
    this.draws(() => {
      const { from, to } = this.#shown();
      const { operation } = this.store.position.value;
      const x = ((operation - from + 0.5) / (to - from + 1)) * chart.width;
      shapes.head.setAttribute('d', `M${x} 0V${chart.height}`);
      shapes.head.toggleAttribute('hidden', operation < from || operation > to);
    });
    this.#listen(box);
    return box;
  }

  /** A press or a drag goes there; with Shift it chooses what is shown. */
  #listen(box: HTMLElement): void {
    const callAt = (event: MouseEvent): number => {
      const { left, width } = box.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
      const { from, to } = this.#shown();
      return Math.min(from + Math.floor(share * (to - from + 1)), to);
    };
    let begin: number | null = null;
    box.addEventListener('pointerdown', (event) => {
      if (event.shiftKey) {
        begin = callAt(event);
      } else {
        this.store.seek(callAt(event));
      }
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener('pointermove', (event) => {
      if (begin === null && event.buttons === 1) {
        this.store.seek(callAt(event));
      }
    });
    box.addEventListener('pointerup', (event) => {
      const end = callAt(event);
      if (begin !== null && Math.abs(end - begin) >= 5) {
        this.#range.value = { from: Math.min(begin, end), to: Math.max(begin, end) };
      }
      begin = null;
    });
  }

  #edges(): HTMLElement {
    const [first, last] = [make('span', {}), make('span', {})];
    this.draws(() => {
      const { from, to } = this.#shown();
      setText(first, `call ${decimal(from)}`);
      setText(last, `call ${decimal(to)}`);
    });
    return make('p', { class: 'edges', 'aria-hidden': 'true' }, first, last);
  }
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

/** A reader's mark: a foot below the line. */
function own(share: number): SVGElement {
  const x = share * chart.width;
  return makeSvg('path', { class: 'own', d: `M${x} ${chart.height - 16}v16` });
}

/** A tick below for a growth, a cross above for a failure: told apart by place and shape. */
function marks(bins: readonly Bin[]): SVGElement[] {
  return bins.flatMap(({ failed, grew }, index) => {
    const x = ((index + 0.5) * chart.width) / bins.length;
    return [
      ...(grew ? [makeSvg('path', { class: 'grown', d: `M${x} 0V${chart.height}` })] : []),
      ...(failed ? [makeSvg('path', { class: 'failed', d: `M${x} 0v14` })] : []),
    ];
  });
}
