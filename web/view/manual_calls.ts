// SPDX-License-Identifier: MIT
/** Lets the reader call malloc, free and realloc. Each call is inserted after the shown one. */
import { make, RunPanel } from './dom.ts';

const presets = [24, 100, 1000, 10_000, 100_000];
const alignments = [0, 16, 32, 64, 256, 1024, 4096];

/** More than any heap here can hold, and less than the allocator's largest size. */
const largestSize = 2 ** 31 - 1;

/**
 * Makes a field for a number of bytes. `take` returns its value, or reports the error and returns
 * null.
 */
function sizeField(
  id: string,
  value: number,
): { input: HTMLInputElement; take: () => number | null } {
  const input = make('input', {
    id,
    type: 'number',
    min: 0,
    max: largestSize,
    step: 1,
    value,
    inputmode: 'numeric',
    required: true,
  });
  return {
    input,
    take: () => (input.reportValidity() ? Number(input.value) : null),
  };
}

export class ManualCalls extends RunPanel {
  protected build(): void {
    this.append(this.#mallocForm(), this.#blockForm());
  }

  #mallocForm(): HTMLElement {
    const size = sizeField('malloc-size', 100);
    const align = make(
      'select',
      { id: 'malloc-align' },
      ...alignments.map((each) =>
        make('option', { value: each }, each === 0 ? 'default' : String(each)),
      ),
    );
    const form = make(
      'form',
      { class: 'fields', novalidate: true },
      make('label', {}, 'Size', size.input),
      make('label', {}, 'Alignment', align),
      make('button', { type: 'submit', class: 'primary', 'data-action': 'malloc' }, 'malloc'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const bytes = size.take();
      if (bytes !== null) {
        this.store.malloc(bytes, Number(align.value));
      }
    });
    const chips = presets.map((bytes) => {
      const chip = make('button', { type: 'button' }, bytes.toLocaleString('en'));
      chip.addEventListener('click', () => {
        size.input.value = String(bytes);
        this.store.malloc(bytes, Number(align.value));
      });
      return chip;
    });
    return make(
      'div',
      {},
      form,
      make(
        'div',
        {
          class: 'presets',
          role: 'group',
          'aria-label': 'Call malloc at once with these bytes',
        },
        ...chips,
      ),
    );
  }

  #blockForm(): HTMLElement {
    const size = sizeField('realloc-size', 200);
    const release = make(
      'button',
      {
        type: 'button',
        class: 'primary',
        'data-action': 'free',
        title: 'Free the selected block (F)',
      },
      'free',
    );
    const change = make('button', { type: 'submit', 'data-action': 'realloc' }, 'realloc');
    const legend = make('p', { class: 'hint' });
    const form = make(
      'form',
      { class: 'fields', novalidate: true },
      release,
      make('label', {}, 'New size', size.input),
      change,
    );
    release.addEventListener('click', () => this.store.freeSelected());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const bytes = size.take();
      if (bytes !== null) {
        this.store.reallocSelected(bytes);
      }
    });
    this.draws(() => {
      const possible = this.store.isSelectedUsed();
      release.disabled = !possible;
      change.disabled = !possible;
      legend.textContent = possible
        ? 'The selected block:'
        : 'Select a used block to free or resize it.';
    });
    return make('div', {}, legend, form);
  }
}
