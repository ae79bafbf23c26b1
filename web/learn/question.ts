// SPDX-License-Identifier: MIT
/** A question in a chapter: the reader predicts, then the real allocator answers. */
import { bytes, hex } from '../model/format.ts';
import { blockIndexOf } from '../model/heap/snapshot.ts';
import type { Store } from '../model/page/store.ts';
import { className, classRange } from '../model/run/explain.ts';
import { effect } from '../model/signal.ts';
import { make, setText } from '../view/dom.ts';
import type { Oracle, Question } from './chapter.ts';
import { reveal } from './scroll_into_view.ts';

const asks = {
  class: 'Click a cell of the matrix.',
  block: 'Click a block in the map.',
  choice: '',
} as const;

/** Returns the name of an answer. The store must be at the question's moment. */
function nameOf(store: Store, question: Question, answer: number): string {
  const snapshot = store.snapshot.value;
  switch (question.answer) {
    case 'choice':
      return `“${question.choices![answer]!}”`;
    case 'class':
      return `${className(snapshot, answer)}, ${classRange(snapshot, answer, store.classes)}`;
    case 'block': {
      const index = blockIndexOf(snapshot.blocks, answer);
      const size = index < 0 ? '' : `, ${bytes(snapshot.blocks.size[index]!)}`;
      return `the block at ${hex(answer)}${size}`;
    }
  }
}

export class QuestionCard {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #oracle: Oracle;
  readonly #question: Question;
  readonly #reply = make('div', { class: 'reply', role: 'status' });
  readonly #controls = make('div', { class: 'choices' });
  #endings: (() => void)[] = [];

  /** `widgets` contains the panels to click; `prose` makes paragraphs with links. */
  constructor(
    store: Store,
    oracle: Oracle,
    question: Question,
    widgets: HTMLElement,
    prose: (text: string) => HTMLElement,
    onAsk: (card: QuestionCard) => void,
  ) {
    this.#store = store;
    this.#oracle = oracle;
    this.#question = question;
    const begin = make('button', { type: 'button', class: 'primary' }, 'Predict');
    begin.addEventListener('click', () => {
      onAsk(this);
      this.#ask(widgets);
    });
    this.#controls.append(begin);
    this.#prose = prose;
    this.element = make(
      'section',
      { class: 'question' },
      prose(question.text),
      this.#controls,
      this.#reply,
    );
  }

  readonly #prose: (text: string) => HTMLElement;

  /** Stops waiting for an answer, when another question is asked or the chapter is closed. */
  stop(): void {
    this.#endings.splice(0).forEach((ending) => ending());
  }

  #ask(widgets: HTMLElement): void {
    const { at, answer } = this.#question;
    this.#reply.replaceChildren();
    this.#store.follow.value = false;
    this.#store.seek(at);
    this.#store.selected.value = 0;
    this.#store.selectedClass.value = -1;
    this.element.classList.add('asked');
    if (answer === 'choice') {
      this.#controls.replaceChildren(
        ...this.#question.choices!.map((text, index) => this.#choice(text, index)),
      );
      this.#controls.querySelector('button')!.focus();
      return;
    }
    this.#waitForPick(widgets);
  }

  #choice(text: string, index: number): HTMLElement {
    const button = make('button', { type: 'button' }, text);
    button.addEventListener('click', () => this.#answer(index));
    return button;
  }

  /**
   * A click answers at once. Keyboard users confirm, since arrow keys select each item they pass.
   */
  #waitForPick(widgets: HTMLElement): void {
    const { answer } = this.#question;
    reveal(widgets);
    const hint = make('p', { class: 'hint' }, asks[answer]);
    const confirm = make('button', { type: 'button', class: 'primary' }, 'That one');
    confirm.disabled = true;
    this.#controls.replaceChildren(hint, confirm);
    const picked = (): number =>
      answer === 'class' ? this.#store.selectedClass.value : this.#store.selected.value;
    const isPick = (pick: number): boolean => (answer === 'class' ? pick >= 0 : pick !== 0);
    this.#endings.push(
      effect(() => {
        const pick = picked();
        confirm.disabled = !isPick(pick);
        setText(
          hint,
          isPick(pick) ? `You chose ${nameOf(this.#store, this.#question, pick)}.` : asks[answer],
        );
      }),
    );
    const onClick = (event: MouseEvent): void => {
      const inside = (event.target as Element).closest(
        `segfit-${answer === 'class' ? 'matrix' : 'map'}`,
      );
      if (inside !== null && event.detail > 0 && isPick(picked())) {
        this.#answer(picked());
      }
    };
    widgets.addEventListener('click', onClick);
    this.#endings.push(() => widgets.removeEventListener('click', onClick));
    confirm.addEventListener('click', () => this.#answer(picked()));
  }

  #answer(answer: number): void {
    this.stop();
    const { truth, because, shows, answer: kind } = this.#question;
    const right = truth(this.#oracle);
    const yours = nameOf(this.#store, this.#question, answer);
    const theirs = nameOf(this.#store, this.#question, right);
    const isRight = answer === right;
    this.element.classList.remove('asked');
    this.element.dataset.answer = isRight ? 'right' : 'wrong';
    const verdict = isRight ? `Yes: ${theirs}.` : `You said ${yours}. The allocator: ${theirs}.`;
    this.#reply.replaceChildren(make('p', { class: 'verdict' }, verdict), this.#prose(because));
    const again = make('button', { type: 'button' }, 'Ask again');
    again.addEventListener('click', () => {
      delete this.element.dataset.answer;
      this.#ask(this.element.closest<HTMLElement>('segfit-learn')!.querySelector('.widgets')!);
    });
    this.#controls.replaceChildren(again);
    reveal(this.element);
    this.#store.follow.value = true;
    this.#store.seekMoment(shows.operation, shows.moment);
    if (kind === 'class') {
      this.#store.selectedClass.value = right;
    } else if (kind === 'block') {
      this.#store.select(right);
    }
  }
}
