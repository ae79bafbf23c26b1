// SPDX-License-Identifier: MIT
/** Compares two worlds: the bytes that only one of them uses, and a table of their costs. */
import { colours } from '../draw/colours.ts';
import { type MapLayout, mapLayoutFor } from '../draw/map_layout.ts';
import type { Colour } from '../draw/raster.ts';
import { differenceOf } from '../draw/usage_difference.ts';
import { decimal } from '../model/format.ts';
import { betterOf, type Metric, metricsOf } from '../model/heap/costs.ts';
import { flags, type CallLog } from '../model/run/call_log.ts';
import type { RunWorld } from '../model/run/run_world.ts';
import { signal } from '../model/signal.ts';
import { defineAll, make, RunPanel } from './dom.ts';

const lines = { maxLines: 12, minBytesPerLine: 2048, lineHeight: 12, gap: 4 };

export class Comparison extends RunPanel {
  readonly #width = signal(0);

  protected build(): void {
    const canvas = make('canvas', {
      role: 'img',
      'aria-label': 'Bytes that only one of the two heaps uses; the table has the numbers.',
    });
    const table = make('table', { class: 'metrics' });
    this.append(make('div', { class: 'difference' }, canvas), table);
    const observer = new ResizeObserver(() => {
      this.#width.value = Math.floor(canvas.clientWidth);
    });
    observer.observe(canvas);
    this.onEnd(() => observer.disconnect());
    this.draws(() => this.#drawMap(canvas));
    this.draws(() => this.#drawTable(table));
  }

  #drawMap(canvas: HTMLCanvasElement): void {
    const { worlds } = this.store;
    const [left, right] = worlds.value;
    const width = this.#width.value;
    if (left === undefined || right === undefined || width === 0) {
      return;
    }
    const begin = Math.min(left.extent.value.begin, right.extent.value.begin);
    const end = Math.max(left.extent.value.end, right.extent.value.end);
    const mapLayout = mapLayoutFor(begin, end, width, lines);
    canvas.width = mapLayout.width;
    canvas.height = mapLayout.height;
    canvas.style.height = `${mapLayout.height}px`;
    paintDifference(canvas, left, right, mapLayout);
  }

  #drawTable(table: HTMLElement): void {
    const worlds = this.store.worlds.value;
    const number = this.store.position.value.operation;
    const metrics = metricsOf(
      worlds.map((world) => ({
        snapshot: world.snapshot.value,
        held: world.history.callLog.held[number] ?? 0,
        guaranteed: world.guaranteed(),
        failures: failuresUpTo(world.history.callLog, number),
      })),
    );
    const heads = ['at this moment', ...worlds.map((_, at) => (at === 0 ? 'A' : 'B'))];
    table.replaceChildren(
      make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col' }, text)))),
      make('tbody', {}, ...metrics.map(rowOf)),
    );
  }
}

/** Defines the element. */
export function defineComparison(): void {
  defineAll({ 'segfit-compare': Comparison });
}

function rowOf(metric: Metric): HTMLElement {
  const better = betterOf(metric);
  const shown = (value: number): string =>
    metric.share ? `${(100 * value).toFixed(1)} %` : decimal(value);
  return make(
    'tr',
    {},
    make('th', { scope: 'row', title: metric.formula }, metric.name),
    ...metric.values.map((value, at) =>
      make('td', at === better ? { class: 'better' } : {}, shown(value)),
    ),
  );
}

const failures = new WeakMap<CallLog, Uint32Array>();

/** Returns the failures up to a call. They are counted once for each run. */
function failuresUpTo(callLog: CallLog, number: number): number {
  let sums = failures.get(callLog);
  if (sums === undefined) {
    sums = new Uint32Array(callLog.length + 1);
    for (let at = 1; at <= callLog.length; at++) {
      sums[at] = sums[at - 1]! + (callLog.has(at, flags.failed) ? 1 : 0);
    }
    failures.set(callLog, sums);
  }
  return sums[number] ?? 0;
}

/**
 * Paints the difference. The upper half of each line is the first heap, the lower half the second;
 * bytes that only one uses stand out.
 */
function paintDifference(
  canvas: HTMLCanvasElement,
  left: RunWorld,
  right: RunWorld,
  mapLayout: MapLayout,
): void {
  const context = canvas.getContext('2d');
  const { palette } = colours(canvas).value;
  if (context === null) {
    return;
  }
  const { both, first, second } = differenceOf(
    left.snapshot.value,
    right.snapshot.value,
    mapLayout,
  );
  const data = new Uint8ClampedArray(mapLayout.width * mapLayout.height * 4);
  const half = mapLayout.lineHeight / 2;
  const put = (pixel: number, colour: Colour): void => data.set([...colour, 255], pixel * 4);
  for (let line = 0; line < mapLayout.lines; line++) {
    const top = line * (mapLayout.lineHeight + mapLayout.gap);
    for (let x = 0; x < mapLayout.width; x++) {
      const at = line * mapLayout.width + x;
      const upper = mix(palette.free, palette.slack, both[at]!, palette.touchedUsed, first[at]!);
      const lower = mix(palette.free, palette.slack, both[at]!, palette.touchedUsed, second[at]!);
      for (let y = 0; y < mapLayout.lineHeight; y++) {
        put((top + y) * mapLayout.width + x, y < half ? upper : lower);
      }
    }
  }
  context.putImageData(new ImageData(data, mapLayout.width, mapLayout.height), 0, 0);
}

function mix(ground: Colour, a: Colour, shareA: number, b: Colour, shareB: number): Colour {
  const rest = 1 - shareA - shareB;
  const channel = (at: 0 | 1 | 2): number => ground[at] * rest + a[at] * shareA + b[at] * shareB;
  return [channel(0), channel(1), channel(2)];
}
