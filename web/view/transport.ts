// SPDX-License-Identifier: MIT
/**
 * Controls playback: play, steps in both directions, speed, a field to go to a target, and a slider
 * over the whole run.
 */
import { bytes, decimal } from '../model/format.ts';
import { jump } from '../model/page/jump.ts';
import { speeds } from '../model/page/playback.ts';
import { binsOf } from '../model/run/timeline_bins.ts';
import { make, makeSvg, RunPanel, setText } from './dom.ts';

/** The icons of the buttons, on a square of 16. */
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

const chart = { width: 600, height: 100 };

export class Transport extends RunPanel {
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
    this.append(buttons, this.#speed(), this.#scrubber(), where, this.#jump());

    this.draws(() => {
      const playing = this.store.playing.value;
      play.replaceChildren(icon(playing ? 'pause' : 'play'));
      this.#label(play, playing ? 'Pause' : 'Play', 'Space');
    });
    this.draws(() => {
      const { operation } = this.store.position.value;
      const steps = this.world.execution.value.steps.length;
      const call = `call ${decimal(operation)} of ${decimal(this.world.history.length)}`;
      setText(where, `${call} · step ${this.world.moment() + 1} of ${steps}`);
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

  /** Returns the slider, with a chart of the held bytes behind it. */
  #scrubber(): HTMLElement {
    const area = makeSvg('path', { class: 'area' });
    const head = makeSvg('path', { class: 'head' });
    const picture = makeSvg(
      'svg',
      {
        viewBox: `0 0 ${chart.width} ${chart.height}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      area,
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
      const { callLog, length } = this.world.history;
      slider.max = String(length);
      const bins = binsOf(callLog, { from: 0, to: length }, chart.width);
      const most = bins.reduce((peak, { held }) => Math.max(peak, held), 1);
      const line = bins.map(({ held }, index) => {
        const x = ((index + 1) * chart.width) / bins.length;
        return `L${x.toFixed(1)} ${(chart.height * (1 - held / most)).toFixed(1)}`;
      });
      area.setAttribute('d', `M0 ${chart.height}${line.join('')}L${chart.width} ${chart.height}Z`);
    });
    this.draws(() => {
      const { operation } = this.store.position.value;
      const { length, callLog } = this.world.history;
      slider.value = String(operation);
      const held = bytes(callLog.held[operation] ?? 0);
      slider.setAttribute('aria-valuetext', `call ${operation} of ${length}, ${held} held`);
      const x = length === 0 ? 0 : (operation / length) * chart.width;
      head.setAttribute('d', `M${x} 0V${chart.height}`);
    });
    // The progress of a change that executes all calls again.
    const pending = make('progress', { max: 1, 'aria-label': 'Executing all calls again' });
    this.draws(() => {
      const share = this.store.pending.value;
      pending.hidden = share === null;
      pending.value = share ?? 0;
    });
    return make(
      'div',
      { class: 'scrubber', title: 'Bytes that the program holds, call by call' },
      picture as unknown as HTMLElement,
      slider,
      pending,
    );
  }

  #jump(): HTMLElement {
    const input = make('input', {
      type: 'text',
      'aria-label': 'Go to a call, an address, an id or a time',
      placeholder: '1200 · 0x4f20 · #7',
      title: 'Go to a call (1200), an address (0x4f20), an id (#7) or a time (t:1.2s) (G)',
      'data-action': 'jump',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const form = make('form', { class: 'jump' }, input);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const problem = input.value.trim() === '' ? '' : jump(this.store, input.value);
      input.setCustomValidity(problem);
      if (problem === '') {
        input.value = '';
        input.blur();
      } else {
        input.reportValidity();
      }
    });
    input.addEventListener('input', () => input.setCustomValidity(''));
    return form;
  }
}
