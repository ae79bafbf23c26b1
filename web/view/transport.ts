// SPDX-License-Identifier: MIT
/** Play, steps in both directions, speed, and the whole run as a line to slide along. */
import { bytes, decimal } from '../model/format.ts';
import type { Sample } from '../model/history.ts';
import { speeds } from '../model/player.ts';
import { make, makeSvg, Panel, setText } from './dom.ts';

/** Shapes of the buttons, on a square of 16. */
const shapes = {
  play: 'M4 2.5v11l9.5-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  start: 'M3 3h2v10H3zM13 3v10L6 8z',
  backCall: 'M8 3v10L1.5 8zM14.5 3v10L8 8z',
  backStep: 'M11 3v10L4.5 8z',
  step: 'M5 3v10l6.5-5z',
  call: 'M8 3v10l6.5-5zM1.5 3v10L8 8z',
  end: 'M11 3h2v10h-2zM3 3v10l7-5z',
} as const;

type Shape = keyof typeof shapes;

function icon(shape: Shape): SVGElement {
  return makeSvg(
    'svg',
    { viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    makeSvg('path', { d: shapes[shape] }),
  );
}

const chart = { width: 1000, height: 100 };

/** The outline of the bytes held, as steps from left to right. */
function outline(samples: readonly Sample[]): string {
  const peak = samples.reduce((most, { held }) => Math.max(most, held), 1);
  const columns = Math.min(samples.length, chart.width);
  let path = `M0 ${chart.height}`;
  for (let column = 0; column < columns; column++) {
    const sample = samples[Math.floor((column * samples.length) / columns)]!;
    const x = ((column + 1) * chart.width) / columns;
    path += `L${x.toFixed(1)} ${(chart.height * (1 - sample.held / peak)).toFixed(1)}`;
  }
  return `${path}L${chart.width} ${chart.height}Z`;
}

/** Short lines where the heap grew or a call failed. */
function marks(samples: readonly Sample[]): SVGElement[] {
  return samples.flatMap(({ failed, grown }, index) => {
    if (!failed && grown === 0) {
      return [];
    }
    const x = ((index + 1) * chart.width) / samples.length;
    return [makeSvg('path', { class: failed ? 'failed' : 'grown', d: `M${x} 0V${chart.height}` })];
  });
}

export class Transport extends Panel {
  protected build(): void {
    const play = this.#button('play', 'Play', 'Space', () => this.store.togglePlay());
    play.classList.add('play');
    const buttons = make(
      'div',
      { class: 'buttons', role: 'group', 'aria-label': 'Playback' },
      this.#button('start', 'Restart', 'Home', () => this.store.toStart()),
      this.#button('backCall', 'Back one call', '←', () => this.store.stepOperation(-1)),
      this.#button('backStep', 'Back one step', 'Shift ←', () => this.store.stepEvent(-1)),
      play,
      this.#button('step', 'One step', 'Shift →', () => this.store.stepEvent(1)),
      this.#button('call', 'One call', '→', () => this.store.stepOperation(1)),
      this.#button('end', 'To the end', 'End', () => this.store.toEnd()),
    );
    const where = make('p', { class: 'where' });
    this.append(buttons, this.#speed(), this.#timeline(), where);

    this.draws(() => {
      const playing = this.store.playing.value;
      play.replaceChildren(icon(playing ? 'pause' : 'play'));
      this.#label(play, playing ? 'Pause' : 'Play', 'Space');
    });
    this.draws(() => {
      const { operation, moment } = this.store.position.value;
      const steps = this.store.execution.value.moments.length;
      const call = `call ${decimal(operation)} of ${decimal(this.store.history.length)}`;
      setText(where, `${call} · step ${moment + 1} of ${steps}`);
    });
  }

  #label(button: HTMLButtonElement, text: string, key: string): void {
    button.title = `${text} (${key})`;
    button.setAttribute('aria-label', text);
  }

  #button(shape: Shape, text: string, key: string, act: () => void): HTMLButtonElement {
    const button = make('button', { type: 'button', 'data-action': shape }, icon(shape));
    this.#label(button, text, key);
    button.addEventListener('click', act);
    return button;
  }

  #speed(): HTMLElement {
    const select = make(
      'select',
      { 'aria-label': 'Speed', title: 'Speed' },
      ...speeds.map(({ label }, index) => make('option', { value: index }, label)),
    );
    select.addEventListener('change', () => {
      this.store.speed.value = Number(select.value);
    });
    this.draws(() => {
      select.value = String(this.store.speed.value);
    });
    return select;
  }

  #timeline(): HTMLElement {
    const area = makeSvg('path', { class: 'area' });
    const group = makeSvg('g');
    const head = makeSvg('path', { class: 'head' });
    const picture = makeSvg(
      'svg',
      {
        viewBox: `0 0 ${chart.width} ${chart.height}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      area,
      group,
      head,
    );
    const slider = make('input', {
      type: 'range',
      min: 0,
      step: 1,
      'aria-label': 'Position in the run',
    });
    slider.addEventListener('input', () => this.store.seek(Number(slider.value)));
    this.draws(() => {
      const { samples, length } = this.store.history;
      slider.max = String(length);
      area.setAttribute('d', outline(samples));
      group.replaceChildren(...marks(samples));
    });
    this.draws(() => {
      const { operation } = this.store.position.value;
      const { length, samples } = this.store.history;
      slider.value = String(operation);
      const held = samples[operation - 1]?.held ?? 0;
      slider.setAttribute('aria-valuetext', `call ${operation} of ${length}, ${bytes(held)} held`);
      const x = length === 0 ? 0 : (operation / length) * chart.width;
      head.setAttribute('d', `M${x} 0V${chart.height}`);
    });
    return make(
      'div',
      { class: 'timeline', title: 'Bytes that the program holds, call by call' },
      make('span', { 'aria-hidden': 'true' }, 'bytes held by the program'),
      picture as unknown as HTMLElement,
      slider,
    );
  }
}
