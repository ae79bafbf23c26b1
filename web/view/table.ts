// SPDX-License-Identifier: MIT
/** The heap map as a table, for those who read rather than look: what is around the selection. */
import { decimal, hex } from '../model/format.ts';
import { blockIndexOf, isFree } from '../model/snapshot.ts';
import { make, Panel, setText } from './dom.ts';

const around = 12;

export class BlockTable extends Panel {
  protected build(): void {
    const caption = make('caption', {});
    const body = make('tbody', {});
    const head = make(
      'tr',
      {},
      ...['Number', 'Address', 'Bytes', 'State'].map((text) => make('th', { scope: 'col' }, text)),
    );
    const details = make(
      'details',
      {},
      make('summary', {}, 'Blocks as a table'),
      make('table', {}, caption, make('thead', {}, head), body),
    );
    this.append(details);
    details.addEventListener('toggle', () => this.#draw(details, caption, body));
    this.draws(() => this.#draw(details, caption, body));
  }

  #draw(details: HTMLDetailsElement, caption: HTMLElement, body: HTMLElement): void {
    const snapshot = this.world.snapshot.value;
    const selected = this.store.selectedIn(this.number);
    if (!details.open) {
      return;
    }
    const { blocks } = snapshot;
    const at = Math.max(blockIndexOf(blocks, selected), 0);
    const first = Math.max(0, at - around);
    const last = Math.min(blocks.count, at + around + 1);
    setText(caption, `Blocks ${first + 1} to ${last} of ${blocks.count}`);
    body.replaceChildren(
      ...Array.from({ length: last - first }, (_, offset) => {
        const index = first + offset;
        const address = blocks.address[index]!;
        const button = make('button', { type: 'button' }, hex(address));
        button.addEventListener('click', () => this.store.select(address, this.number));
        return make(
          'tr',
          { 'aria-selected': String(address === selected) },
          make('td', {}, String(index + 1)),
          make('td', {}, button),
          make('td', {}, decimal(blocks.size[index]!)),
          make('td', {}, isFree(snapshot, index) ? 'free' : 'used'),
        );
      }),
    );
  }
}
