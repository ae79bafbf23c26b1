// SPDX-License-Identifier: MIT
/** Describes the current step: the call, a sentence, and the steps inside the call. */
import { speeds } from '../model/page/playback.ts';
import { counterpart, stepNames } from '../model/run/steps.ts';
import { make, RunPanel, setText } from './dom.ts';

/** The fastest playback, in steps per second, at which a screen reader gets each sentence. */
const fastestSpoken = 1;

export class Caption extends RunPanel {
  protected build(): void {
    const call = make('code', { class: 'call' });
    const sentence = make('p', { class: 'sentence' });
    const steps = make('ol', { class: 'steps', 'aria-label': 'Steps inside this call' });
    const live = make('p', { class: 'for-readers', 'aria-live': 'polite' });
    this.append(make('div', { class: 'now' }, call, steps), sentence, live);

    this.draws(() => {
      const explanation = this.world.explanation.value;
      setText(call, explanation.call);
      setText(sentence, explanation.sentence);
      const fast =
        this.store.playing.value && speeds[this.store.speed.value]!.perSecond > fastestSpoken;
      if (!fast) {
        const which = this.number === 0 ? '' : 'B: ';
        setText(live, `${which}${explanation.call}. ${explanation.sentence}`);
      }
    });
    this.draws(() => this.#drawSteps(steps));
    onSwipe(this, (direction) => this.store.stepEvent(direction));
  }

  #drawSteps(list: HTMLOListElement): void {
    const { number, steps, operation } = this.world.execution.value;
    const current = this.world.moment();
    list.hidden = operation === null;
    while (list.children.length > steps.length) {
      list.lastElementChild!.remove();
    }
    steps.forEach(({ name }, index) => {
      const button = (list.children[index] ?? this.#addStep(list, index)).firstElementChild!;
      setText(button, stepNames[name]);
      button.classList.toggle('passed', index < current);
      if (index === current) {
        button.setAttribute('aria-current', 'step');
        keepInSight(list, button as HTMLElement);
      } else {
        button.removeAttribute('aria-current');
      }
      button.setAttribute('data-operation', String(number));
    });
  }

  /** Returns the corresponding step of the leading world, whose call may take other steps. */
  #leading(index: number): number {
    const { world, store } = this;
    const lead = store.world;
    return world === lead
      ? index
      : counterpart(world.execution.value.steps, index, lead.execution.value.steps);
  }

  #addStep(list: HTMLOListElement, index: number): HTMLLIElement {
    const button = make('button', { type: 'button' });
    button.addEventListener('click', () =>
      this.store.seekMoment(Number(button.dataset.operation), this.#leading(index)),
    );
    const item = make('li', {}, button);
    list.append(item);
    return item;
  }
}

/** The minimum length of a swipe in pixels. */
const swipe = 48;

/** Calls `act` with 1 for a swipe to the left, which means forward, and −1 for one to the right. */
function onSwipe(element: HTMLElement, act: (direction: 1 | -1) => void): void {
  let from: { readonly x: number; readonly y: number } | null = null;
  element.addEventListener(
    'touchstart',
    ({ touches }) => {
      const touch = touches[0]!;
      from = touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
    },
    { passive: true },
  );
  element.addEventListener('touchend', ({ changedTouches, target }) => {
    const inRow = target instanceof Element && target.closest('.steps') !== null;
    const touch = changedTouches[0]!;
    const [x, y] = from === null ? [0, 0] : [touch.clientX - from.x, touch.clientY - from.y];
    if (!inRow && Math.abs(x) > swipe && Math.abs(x) > 2 * Math.abs(y)) {
      act(x < 0 ? 1 : -1);
    }
    from = null;
  });
}

/** Scrolls the row of steps to the button, without scrolling the page. */
function keepInSight(list: HTMLElement, button: HTMLElement): void {
  const margin = 48;
  const left = button.offsetLeft - list.offsetLeft;
  const right = left + button.offsetWidth;
  if (left - margin < list.scrollLeft || right + margin > list.scrollLeft + list.clientWidth) {
    list.scrollLeft = left - margin;
  }
}
