// SPDX-License-Identifier: MIT
/** A chart of a run over an axis, by call or by time. The reader can click, drag and zoom. */
import type { Bin, Range } from '../model/run/timeline_bins.ts';
import { make, makeSvg } from './dom.ts';

const chart = { width: 1000, height: 120 };

/** The number of bins that fit into a chart. */
export const chartBins = chart.width;

/** Maps calls to positions on the chart, as shares of its width. */
export interface Axis {
  readonly name: string;
  share(call: number): number;
  callAt(share: number): number;
}

export interface RunChartActions {
  readonly seek: (call: number) => void;
  readonly show: (range: Range) => void;
}

/** Returns the path of a step line over the bins. */
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

/**
 * Returns a tick below for growth and a cross above for a failure; they differ in position and
 * shape.
 */
function signs(bins: readonly Bin[]): SVGElement[] {
  return bins.flatMap(({ failed, grew }, index) => {
    const x = ((index + 0.5) * chart.width) / bins.length;
    return [
      ...(grew ? [makeSvg('path', { class: 'grown', d: `M${x} 0V${chart.height}` })] : []),
      ...(failed ? [makeSvg('path', { class: 'failed', d: `M${x} 0v14` })] : []),
    ];
  });
}

/** Returns the sign of a reader's mark. */
function own(share: number): SVGElement {
  const x = share * chart.width;
  return makeSvg('path', { class: 'own', d: `M${x} ${chart.height - 16}v16` });
}

export class RunChart {
  readonly element: HTMLElement;
  readonly #shapes = {
    capacity: makeSvg('path', { class: 'capacity' }),
    used: makeSvg('path', { class: 'used' }),
    held: makeSvg('path', { class: 'held' }),
    largest: makeSvg('path', { class: 'largest' }),
    signs: makeSvg('g'),
    own: makeSvg('g'),
    head: makeSvg('path', { class: 'head' }),
  };
  readonly #axis: () => Axis | null;

  /** `axis` is called for each drawing and click. It returns null if the chart is hidden. */
  constructor(axis: () => Axis | null, actions: RunChartActions) {
    this.#axis = axis;
    const picture = makeSvg(
      'svg',
      {
        viewBox: `0 0 ${chart.width} ${chart.height}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      ...Object.values(this.#shapes),
    );
    this.element = make('div', { class: 'chart' }, picture as unknown as HTMLElement);
    this.#listen(actions);
  }

  drawBins(bins: readonly Bin[]): void {
    const shapes = this.#shapes;
    const most = bins.reduce((peak, { capacity }) => Math.max(peak, capacity), 1);
    const of = (name: 'capacity' | 'used' | 'held' | 'largest'): number[] =>
      bins.map((bin) => bin[name]);
    shapes.capacity.setAttribute('d', area(of('capacity'), most));
    shapes.used.setAttribute('d', area(of('used'), most));
    shapes.held.setAttribute('d', area(of('held'), most));
    shapes.largest.setAttribute('d', trail(of('largest'), most));
    shapes.signs.replaceChildren(...signs(bins));
  }

  /** Draws the reader's marks at `calls`, which lie in the shown range. */
  drawMarks(calls: readonly number[]): void {
    const axis = this.#axis();
    const made = axis === null ? [] : calls.map((call) => own(axis.share(call)));
    this.#shapes.own.replaceChildren(...made);
  }

  drawHead(call: number, shown: boolean): void {
    const { head } = this.#shapes;
    const x = (this.#axis()?.share(call) ?? 0) * chart.width;
    head.setAttribute('d', `M${x} 0V${chart.height}`);
    head.toggleAttribute('hidden', !shown);
  }

  /** A click or drag goes to a call; with Shift it selects the shown range. */
  #listen({ seek, show }: RunChartActions): void {
    const box = this.element;
    const callAt = (event: MouseEvent): number => {
      const { left, width } = box.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
      return this.#axis()?.callAt(share) ?? 0;
    };
    let begin: number | null = null;
    box.addEventListener('pointerdown', (event) => {
      if (event.shiftKey) {
        begin = callAt(event);
      } else {
        seek(callAt(event));
      }
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener('pointermove', (event) => {
      if (begin === null && event.buttons === 1) {
        seek(callAt(event));
      }
    });
    box.addEventListener('pointerup', (event) => {
      const end = callAt(event);
      if (begin !== null && Math.abs(end - begin) >= 5) {
        show({ from: Math.min(begin, end), to: Math.max(begin, end) });
      }
      begin = null;
    });
  }
}
