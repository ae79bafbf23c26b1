// SPDX-License-Identifier: MIT
/** Shows the free list of the selected class: head, blocks in order, end. */
import { counted, decimal, hex } from '../model/format.ts';
import { blockIndexOf, type Snapshot } from '../model/heap/snapshot.ts';
import { className, classRange } from '../model/run/explain.ts';
import { focusedNear, make, Panel, setText } from './dom.ts';

/** The maximum number of blocks shown. */
const shown = 60;

export class FreeList extends Panel {
  protected build(): void {
    const title = make('p', { class: 'list-title' });
    const head = make('span', { class: 'list-end' }, 'head');
    const list = make('ul', { role: 'listbox', 'aria-label': 'Free blocks of the selected class' });
    const end = make('span', { class: 'list-end' });
    this.append(title, make('div', { class: 'chain' }, head, list, end));
    this.draws(() => {
      const snapshot = this.world.snapshot.value;
      const index = this.store.selectedClass.value;
      setText(title, this.#title(snapshot, index));
      const blocks = snapshot.list(index, shown + 1);
      setText(end, blocks.length > shown ? 'and more' : 'end');
      this.#drawList(list, snapshot, blocks.slice(0, shown));
    });
    list.addEventListener('click', (event) => this.#select(addressOf(event.target)));
    list.addEventListener('keydown', (event) => this.#onKey(event, list));
    list.addEventListener('pointerover', (event) =>
      this.store.hoverBlock(addressOf(event.target), this.number),
    );
    list.addEventListener('pointerleave', () => this.store.hoverBlock(0));
  }

  #title(snapshot: Snapshot, index: number): string {
    if (index < 0) {
      return 'Choose a class.';
    }
    const count = snapshot.list(index, shown + 1).length;
    const more = count > shown ? `more than ${shown} free blocks` : counted(count, 'free block');
    const range = classRange(snapshot, index, this.world.classes);
    const blocks = count === 0 ? 'no free block' : more;
    return `${capital(className(snapshot, index))} · ${range} · ${blocks}`;
  }

  #drawList(list: HTMLUListElement, snapshot: Snapshot, blocks: readonly number[]): void {
    const selected = this.store.selectedIn(this.number);
    const hovered = this.store.hoveredIn(this.number);
    const touched = this.world.highlight.value.blocks;
    const focused = list.contains(focusedNear(this));
    const focusable = blocks.includes(selected) ? selected : blocks[0];
    fitItems(list, blocks.length);
    // Items are changed, not replaced: the one under the pointer must stay.
    blocks.forEach((address, index) => {
      const item = list.children[index] as HTMLLIElement;
      const at = blockIndexOf(snapshot.blocks, address);
      const size = at < 0 ? '?' : decimal(snapshot.blocks.size[at]!);
      setText(item.firstElementChild!, hex(address));
      setText(item.lastElementChild!, size);
      item.dataset.address = String(address);
      item.classList.toggle('hovered', address === hovered);
      item.classList.toggle('touched', touched.includes(address));
      item.setAttribute('aria-selected', String(address === selected));
      item.tabIndex = address === focusable ? 0 : -1;
    });
    if (focused) {
      list.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    }
  }

  #select(address: number): void {
    if (address !== 0) {
      this.store.select(address, this.number);
    }
  }

  #onKey(event: KeyboardEvent, list: HTMLUListElement): void {
    const items = [...list.children];
    const at = items.indexOf(event.target as Element);
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      Home: 0,
      End: items.length - 1,
      Enter: at,
    };
    const target = targets[event.key];
    if (target === undefined || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const item = items[target];
    if (item !== undefined) {
      this.#select(addressOf(item));
    }
  }
}

/** Adjusts the number of items. */
function fitItems(list: HTMLUListElement, count: number): void {
  while (list.children.length > count) {
    list.lastElementChild!.remove();
  }
  while (list.children.length < count) {
    list.append(make('li', { role: 'option' }, make('code'), make('span')));
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function addressOf(target: EventTarget | null): number {
  const item = target instanceof Element ? target.closest<HTMLElement>('[data-address]') : null;
  return item === null ? 0 : Number(item.dataset.address);
}
