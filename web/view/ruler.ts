// SPDX-License-Identifier: MIT
/**
 * Shows how a request maps to its class: the block size, its bits, and its position among the
 * classes.
 */
import { bytes, decimal } from '../model/format.ts';
import type { Snapshot } from '../model/heap/snapshot.ts';
import { unitBits } from '../model/run/explain.ts';
import { classesAround, type SizeInFocus, sizeInFocus } from '../model/run/size_in_focus.ts';
import type { StepName } from '../model/run/steps.ts';
import { focusedNear, make, RunPanel, setText } from './dom.ts';

const shownClasses = 7;

export class Ruler extends RunPanel {
  protected build(): void {
    const sum = make('p', { class: 'sum' });
    const bar = make('div', { class: 'request-bar', 'aria-hidden': 'true' });
    const bits = make('div', { class: 'unit-bits', 'aria-hidden': 'true' });
    const where = make('p', { class: 'bits-where', 'aria-hidden': 'true' });
    const classes = make('div', {
      class: 'ruler',
      role: 'listbox',
      'aria-label': 'Classes classesAround this size',
    });
    this.append(sum, bar, bits, where, classes);
    classes.addEventListener('click', (event) => this.#choose(event.target));
    classes.addEventListener('keydown', (event) => this.#onKey(event));
    classes.addEventListener('pointerover', (event) =>
      this.store.hoverClass(classIn(event.target)),
    );
    classes.addEventListener('pointerleave', () => this.store.hoverClass(-1));
    this.draws(() => {
      const { world } = this;
      const focus = sizeInFocus(world.execution.value, world.moment(), world);
      const snapshot = world.snapshot.value;
      const step = world.step.value.name;
      setText(sum, this.#sum(focus, snapshot));
      this.#drawBar(bar, focus, snapshot);
      this.#drawBits(bits, where, focus, snapshot, step);
      this.#drawClasses(classes, focus, snapshot);
    });
  }

  #sum(focus: SizeInFocus | null, { layout }: Snapshot): string {
    if (focus === null) {
      return 'This step concerns no size.';
    }
    const { request, size } = focus;
    if (request === null) {
      return `A free block of ${bytes(size)}`;
    }
    if (size === 0) {
      return `${bytes(request)}: larger than any block of this heap`;
    }
    const rounded = size - request - layout.blockPayload;
    const parts = [decimal(request), `${decimal(layout.blockPayload)} header`];
    if (rounded > 0) {
      parts.push(`${decimal(rounded)} to round`);
    }
    return `${parts.join(' + ')} = ${bytes(size)}`;
  }

  /** Draws the block as a bar to scale: request, header and rounding. */
  #drawBar(bar: HTMLElement, focus: SizeInFocus | null, { layout }: Snapshot): void {
    const size = focus?.size ?? 0;
    const request = focus?.request ?? null;
    bar.hidden = size === 0;
    if (size === 0) {
      return;
    }
    const pieces: [string, number][] =
      request === null
        ? [['free', size]]
        : [
            ['header', layout.blockPayload],
            ['used', request],
            ['slack', Math.max(size - request - layout.blockPayload, 0)],
          ];
    bar.replaceChildren(
      ...pieces
        .filter(([, length]) => length > 0)
        .map(([kind, length]) =>
          make(
            'i',
            { class: kind, style: `flex-grow:${length}` },
            kind === 'used' ? decimal(length) : '',
          ),
        ),
    );
  }

  /** Draws the bits of the size in units of the alignment, divided into row, column and rest. */
  #drawBits(
    bits: HTMLElement,
    where: HTMLElement,
    focus: SizeInFocus | null,
    snapshot: Snapshot,
    step: StepName,
  ): void {
    const size = focus?.size ?? 0;
    bits.hidden = size === 0;
    where.hidden = size === 0;
    if (focus === null || size === 0) {
      return;
    }
    const { columns, layout } = snapshot;
    const small = size / layout.align < columns;
    const [first, column, rest] = small
      ? ['', (size / layout.align).toString(2).padStart(Math.log2(columns), '0'), '']
      : unitBits(size, snapshot);
    const group = (kind: string, text: string, title: string): HTMLElement[] =>
      text === ''
        ? []
        : [make('span', { class: kind, title }, ...[...text].map((bit) => make('b', {}, bit)))];
    const aligned = '0'.repeat(Math.log2(layout.align));
    bits.classList.toggle('current', step === 'class');
    bits.replaceChildren(
      ...group('row-bit', first, 'the highest bit: the row'),
      ...group('column-bits', column, 'the column'),
      ...group('rest-bits', rest, 'ignored'),
      ...group('align-bits', aligned, 'always 0: sizes are multiples of the alignment'),
    );
    const row = Math.floor(focus.index / columns);
    where.replaceChildren(
      make('span', { class: 'row-bit' }, `row ${row}`),
      make('span', { class: 'column-bits' }, `column ${focus.index % columns}`),
    );
  }

  /** Draws a range of classes with their smallest sizes, and marks where the search begins. */
  #drawClasses(list: HTMLElement, focus: SizeInFocus | null, snapshot: Snapshot): void {
    const { selectedClass, hover } = this.store;
    const middle = focus === null || focus.index < 0 ? selectedClass.value : focus.index;
    const [first, end] = classesAround(Math.max(middle, 0), shownClasses, snapshot);
    const chosen = selectedClass.value;
    const focusable = chosen >= first && chosen < end ? chosen : middle;
    const items = Array.from({ length: end - first }, (_, offset) => {
      const index = first + offset;
      const state = [
        index === focus?.index && 'asked',
        index === focus?.from && 'from',
        index === hover.value.index && 'hovered',
      ];
      return make(
        'div',
        {
          role: 'option',
          class: state.filter(Boolean).join(' '),
          'data-index': index,
          'aria-selected': String(index === chosen),
          tabindex: index === focusable ? 0 : -1,
        },
        decimal(this.world.classes.sizeOf(index)),
      );
    });
    const focused = list.contains(focusedNear(this));
    list.replaceChildren(...items);
    if (focused) {
      list.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    }
  }

  #choose(target: EventTarget | null): void {
    const index = classIn(target);
    if (index >= 0) {
      this.store.selectClass(index);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const index = classIn(event.target);
    const move = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key] ?? 0;
    if (index < 0 || event.shiftKey || event.altKey || (move === 0 && event.key !== 'Enter')) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const { rows, columns } = this.world.snapshot.value;
    this.store.selectClass(Math.min(Math.max(index + move, 0), rows * columns - 1));
  }
}

function classIn(target: EventTarget | null): number {
  const item = target instanceof Element ? target.closest<HTMLElement>('[data-index]') : null;
  return item === null ? -1 : Number(item.dataset.index);
}
