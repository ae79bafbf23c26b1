// SPDX-License-Identifier: MIT
/**
 * Charts the requests that the heap can serve now: for each size, how much of the free memory lies
 * in large enough pieces.
 */
import { bytes, counted, decimal } from '../model/format.ts';
import { type Fits, fitsOf } from '../model/heap/fits.ts';
import { sizeInFocus } from '../model/run/size_in_focus.ts';
import { make, makeSvg, RunPanel, setText } from './dom.ts';
import { RedrawThrottle } from './redraw_throttle.ts';

const chart = { width: 320, height: 110, bars: 46, foot: 18 };
const smallest = 8;

export class FitsCurve extends RunPanel {
  protected build(): void {
    const picture = makeSvg('svg', {
      viewBox: `0 0 ${chart.width} ${chart.height + chart.bars + chart.foot}`,
      role: 'img',
    });
    const text = make('p', { class: 'fits-text' });
    this.append(text, picture as unknown as HTMLElement);
    // Trying many sizes takes too long for every frame of a playing run.
    const throttle = new RedrawThrottle();
    this.draws(() => {
      const { world } = this;
      const snapshot = world.snapshot.value;
      const isFresh = throttle.allows(this.store, snapshot.blocks.count);
      this.classList.toggle('stale', !isFresh && snapshot.blocks.count > RedrawThrottle.most);
      if (!isFresh) return;
      const fits = fitsOf(snapshot, world.guaranteed(), world.oracle);
      const said = describe(fits);
      setText(text, said);
      picture.setAttribute('aria-label', said);
      const focus = sizeInFocus(world.execution.value, world.moment(), world);
      picture.replaceChildren(...this.#draw(fits, focus?.request ?? null));
    });
  }

  #draw({ guaranteed, most, tried, reach }: Fits, request: number | null): SVGElement[] {
    const { end, begin } = this.world.extent.value;
    const x = scaleFor(end - begin);
    const total = reach.at(-1)?.bytes ?? 0;
    const y = (value: number): number => chart.height * (1 - value / Math.max(total, 1));
    // From the smallest request, which any free block can serve, to the largest.
    const steps = [...reach].reverse().map((each) => {
      const payload = Math.max(each.size - this.world.snapshot.value.layout.blockPayload, smallest);
      return `V${y(each.bytes).toFixed(1)}H${x(payload).toFixed(1)}`;
    });
    const curve = total === 0 ? '' : `M0 ${chart.height}${steps.join('')}V${chart.height}Z`;
    const zone = (kind: string, from: number, to: number): SVGElement =>
      makeSvg('rect', {
        class: kind,
        x: x(from),
        y: 0,
        width: Math.max(x(to) - x(from), 0),
        height: chart.height,
      });
    return [
      zone('sure', smallest, Math.max(guaranteed, smallest)),
      ...(most > guaranteed ? [zone('maybe', Math.max(guaranteed, smallest), most)] : []),
      makeSvg('path', { class: 'curve', d: curve }),
      ...tried.map((each) =>
        makeSvg('path', {
          class: each.served ? 'served' : 'refused',
          d: `M${x(each.request)} ${chart.height - 5}v5`,
        }),
      ),
      ...this.#bars(reach, x),
      ...axis(x, end - begin),
      ...(request === null
        ? []
        : [makeSvg('path', { class: 'request', d: `M${x(request)} 0V${chart.height}` })]),
    ];
  }

  /** Returns bars with the number of free blocks of each class that has any. */
  #bars(reach: Fits['reach'], x: (size: number) => number): SVGElement[] {
    const counts = new Map<number, number>();
    reach.forEach(({ size, count }, index) => {
      const before = reach[index - 1]?.count ?? 0;
      const at = this.world.classes.of(size);
      counts.set(at, (counts.get(at) ?? 0) + count - before);
    });
    const most = Math.max(...counts.values(), 1);
    const base = chart.height + chart.bars;
    return [...counts].map(([index, count]) => {
      const from = x(Math.max(this.world.classes.sizeOf(index), smallest));
      const height = Math.max((Math.log2(count + 1) / Math.log2(most + 1)) * (chart.bars - 8), 2);
      const bar = makeSvg('rect', {
        class: index === this.store.selectedClass.value ? 'bar selected' : 'bar',
        x: from,
        y: base - height,
        width: 3,
        height,
      });
      bar.addEventListener('click', () => this.store.selectClass(index));
      return bar;
    });
  }
}

/** Returns a logarithmic scale from the smallest request to the whole heap. */
function scaleFor(end: number): (size: number) => number {
  const [low, high] = [Math.log2(smallest), Math.log2(Math.max(end, smallest * 2))];
  return (size) => ((Math.log2(Math.max(size, smallest)) - low) / (high - low)) * chart.width;
}

function axis(x: (size: number) => number, end: number): SVGElement[] {
  const names: [number, string][] = [
    [16, '16'],
    [256, '256'],
    [4096, '4 K'],
    [65_536, '64 K'],
    [1_048_576, '1 M'],
    [16_777_216, '16 M'],
  ];
  return names
    .filter(([size]) => size < end)
    .map(([size, name]) => {
      const text = makeSvg('text', {
        x: x(size),
        y: chart.height + chart.bars + 14,
        'text-anchor': 'middle',
      });
      text.textContent = name;
      return text;
    });
}

function describe({ guaranteed, most, tried, reach }: Fits): string {
  if (most === 0) {
    return 'Nothing is free: every request fails.';
  }
  const pieces = counted(reach.at(-1)?.count ?? 0, 'free block');
  const safe = `Requests up to ${bytes(guaranteed)} are guaranteed, from ${pieces}.`;
  if (most <= guaranteed) {
    return safe;
  }
  const served = tried.filter((each) => each.served).length;
  const luck =
    tried.length === 0
      ? 'may succeed'
      : served === tried.length
        ? 'succeed too, by luck'
        : served === 0
          ? 'fail, though a block would hold them'
          : 'succeed or fail by luck';
  return `${safe} Up to ${decimal(most)} ${luck}; larger ones fail.`;
}
