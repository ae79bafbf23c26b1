// SPDX-License-Identifier: MIT
/** Charts how many words each call of the run changes, as evidence for constant time. */
import { counted, decimal } from '../model/format.ts';
import { WordCounter, type WordCounts } from '../model/run/word_counter.ts';
import { make, makeSvg, RunPanel, setText } from './dom.ts';

const chart = { width: 320, height: 110, foot: 18 };
/**
 * Milliseconds of work at a time, so that the page stays responsive, and between two drawings of
 * the intermediate result.
 */
const slice = 6;
const pause = 200;

export class WordsHistogram extends RunPanel {
  #timer = 0;

  protected build(): void {
    const text = make('p', { class: 'words-text' });
    const picture = makeSvg('svg', {
      viewBox: `0 0 ${chart.width} ${chart.height + chart.foot}`,
      role: 'img',
    });
    const go = make('button', { type: 'button', class: 'link', 'data-action': 'worst' });
    this.append(text, picture as unknown as HTMLElement, make('p', {}, go));
    let worst = 0;
    go.addEventListener('click', () => this.store.seek(worst));
    const show = (counts: WordCounts): void => {
      const said = describe(counts);
      worst = counts.call;
      setText(text, said);
      picture.setAttribute('aria-label', said);
      picture.replaceChildren(...bars(counts));
      go.hidden = worst === 0;
      setText(go, `go to the maximum, call ${decimal(worst)}`);
    };
    this.draws(() => {
      const { world } = this;
      const { operations } = world.history;
      this.#count(new WordCounter(world.another(), world.settings, operations), show);
    });
    this.onEnd(() => clearTimeout(this.#timer));
  }

  #count(counter: WordCounter, show: (counts: WordCounts) => void): void {
    clearTimeout(this.#timer);
    let next = 0;
    const work = (): void => {
      const now = performance.now();
      while (!counter.done && performance.now() < now + slice) {
        counter.step();
      }
      if (counter.done || now >= next) {
        next = now + pause;
        show(counter.counts);
      }
      if (!counter.done) {
        this.#timer = window.setTimeout(work, 30);
      }
    };
    this.#timer = window.setTimeout(work, 30);
  }
}

function describe({ counted: number, most, growing }: WordCounts): string {
  const apart = growing === 0 ? '' : `; ${counted(growing, 'call')} that grew the heap not counted`;
  return `At most ${counted(most, 'word')} changed in ${counted(number, 'call')}${apart}.`;
}

function bars({ calls }: WordCounts): SVGElement[] {
  const width = chart.width / Math.max(calls.length, 24);
  const most = Math.max(...calls, 1);
  return calls.flatMap((count, words) => {
    const height = count === 0 ? 0 : Math.max((count / most) * chart.height, 1.5);
    const bar = makeSvg('rect', {
      class: 'bar',
      x: words * width + 1,
      y: chart.height - height,
      width: width - 2,
      height,
    });
    const label = makeSvg('text', {
      x: (words + 0.5) * width,
      y: chart.height + 14,
      'text-anchor': 'middle',
    });
    label.textContent = String(words);
    // The last label is the maximum; its neighbours leave room for it.
    const last = calls.length - 1;
    const named = words === last || (words % 4 === 0 && last - words > 1);
    return named ? [bar, label] : [bar];
  });
}
