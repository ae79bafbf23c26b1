// SPDX-License-Identifier: MIT
/** Explains why a call returned NULL. Shown only then. */
import { bytes, decimal, hex } from '../model/format.ts';
import { type Failure, type Pin, whyNull } from '../model/run/why_null.ts';
import { make, RunPanel } from './dom.ts';

export class WhyNull extends RunPanel {
  protected build(): void {
    const card = make('section', { class: 'why', 'aria-labelledby': 'why-title' });
    this.append(card);
    this.draws(() => {
      const failure = this.#failure();
      this.hidden = failure === null;
      card.replaceChildren(...(failure === null ? [] : this.#contents(failure)));
    });
  }

  /** Returns the failure; null if the call succeeds, or the failure is not reached yet. */
  #failure(): Failure | null {
    const { world } = this;
    const { operation, outcome } = world.execution.value;
    const { name } = world.step.value;
    const reached = name === 'fail' || name === 'done';
    if (
      operation === null ||
      operation.kind === 'free' ||
      outcome.result !== 'failed' ||
      !reached
    ) {
      return null;
    }
    const align = operation.kind === 'malloc' ? operation.align : 0;
    const request = { request: operation.size, align };
    return whyNull(request, world.snapshot.value, world.classes, world.guaranteed());
  }

  #contents({ title, sentence, smaller, pins, request }: Failure): Node[] {
    const remedies: Node[] = [];
    if (smaller > 0) {
      remedies.push(
        make(
          'li',
          {},
          `${bytes(smaller)} or fewer succeed. `,
          this.#button('smaller', `Request ${decimal(smaller)}`, () =>
            this.store.malloc(smaller, 0),
          ),
        ),
      );
    }
    remedies.push(...pins.map((pin) => this.#pin(pin, request)));
    const none = make('p', {}, 'Freeing a single block would not make room.');
    return [
      make('h2', { id: 'why-title' }, 'Why NULL?'),
      make('p', { class: 'why-cause' }, title),
      make('p', {}, sentence),
      ...(remedies.length > 0 ? [make('ul', {}, ...remedies)] : [none]),
    ];
  }

  #pin({ header, size, hole }: Pin, request: number): HTMLElement {
    const show = make('button', { type: 'button', class: 'link' }, hex(header));
    show.addEventListener('click', () => this.store.select(header));
    show.addEventListener('pointerenter', () => this.store.hoverBlock(header));
    show.addEventListener('pointerleave', () => this.store.hoverBlock(0));
    const retry = this.#button('retry', 'Free it and try again', () => {
      this.store.select(header);
      this.store.freeSelected();
      this.store.malloc(request, 0);
    });
    return make(
      'li',
      {},
      'The used block at ',
      show,
      `, ${bytes(size)}, is in the way: without it there is a hole of ${decimal(hole)}. `,
      retry,
    );
  }

  #button(name: string, text: string, act: () => void): HTMLElement {
    const button = make('button', { type: 'button', 'data-action': name }, text);
    button.addEventListener('click', act);
    return button;
  }
}
