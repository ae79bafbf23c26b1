// SPDX-License-Identifier: MIT
/**
 * Shows one block word by word: the header's bits, the requested size, the neighbours and the
 * links.
 */
import { bytes, decimal, hex } from '../model/format.ts';
import { isEncoded } from '../model/heap/header_encoding.ts';
import { blockIndexOf, isFirst, isFree, type Snapshot, wordAt } from '../model/heap/snapshot.ts';
import type { Owner } from '../model/run/world.ts';
import { focusedNear, make, Panel } from './dom.ts';

const bitsPerByte = 8;

export class BlockCard extends Panel {
  protected build(): void {
    const card = make('div', { class: 'card' });
    this.append(card);
    this.draws(() => {
      const snapshot = this.world.snapshot.value;
      const index = blockIndexOf(snapshot.blocks, this.store.selectedIn(this.number));
      const focused = card.contains(focusedNear(this))
        ? focusedNear(this)?.getAttribute('data-link')
        : null;
      card.replaceChildren(
        ...(index < 0
          ? [make('p', { class: 'hint' }, 'Choose a block in the map or in a list.')]
          : this.#contents(snapshot, index)),
      );
      if (focused != null) {
        card.querySelector<HTMLElement>(`[data-link="${focused}"]`)?.focus({ preventScroll: true });
      }
    });
  }

  #contents(snapshot: Snapshot, index: number): Node[] {
    const free = isFree(snapshot, index);
    const address = snapshot.blocks.address[index]!;
    const size = snapshot.blocks.size[index]!;
    const title = make(
      'p',
      { class: 'block-title' },
      make('span', { class: free ? 'chip free' : 'chip used' }, free ? 'free' : 'used'),
      make('strong', {}, bytes(size)),
      ' at ',
      make('code', {}, hex(address)),
    );
    return [
      title,
      this.#header(snapshot, index),
      make(
        'dl',
        {},
        ...(free ? this.#freeRows(snapshot, address, size) : this.#usedRows(address, size)),
        ...this.#neighbours(snapshot, index),
      ),
    ];
  }

  /** Returns the header word as bits, with the flags apart from the size. */
  #header(snapshot: Snapshot, index: number): HTMLElement {
    const { layout, blocks } = snapshot;
    const word = blocks.header[index]!;
    const width = layout.wordSize * bitsPerByte;
    const bits = Array.from({ length: width }, (_, at) => {
      const bit = width - 1 - at;
      const mask = (1 << bit) >>> 0;
      const flag = (layout.headerFlags & mask) !== 0;
      const set = (word & mask) !== 0;
      return make(
        'span',
        { class: `${flag ? 'flag' : 'size'}${set ? ' set' : ''}` },
        set ? '1' : '0',
      );
    });
    const flags = [
      `free ${(word & layout.headerFree) === 0 ? 0 : 1}`,
      `previous free ${(word & layout.headerPrevFree) === 0 ? 0 : 1}`,
    ].join(', ');
    return make(
      'div',
      { class: 'header-word' },
      make(
        'p',
        {},
        'Header ',
        make('code', {}, hex(word, layout.wordSize * 2)),
        ...this.#written(snapshot, index),
      ),
      make('div', { class: 'bits', 'aria-hidden': 'true' }, ...bits),
      make(
        'p',
        { class: 'bits-text' },
        make('span', { class: 'size-text' }, `size ${decimal(blocks.size[index]!)}`),
        make('span', { class: 'flag-text' }, flags),
      ),
    );
  }

  /** Returns the encoded word in memory, if it differs. */
  #written(snapshot: Snapshot, index: number): (Node | string)[] {
    const written = wordAt(snapshot, snapshot.blocks.address[index]!);
    return snapshot.blocks.header[index] === written || !isEncoded(snapshot.layout)
      ? []
      : [', written as ', make('code', {}, hex(written, snapshot.layout.wordSize * 2))];
  }

  #usedRows(address: number, size: number): Node[] {
    const owner = this.world.ownerOf(address);
    const payload = this.world.snapshot.value.layout.blockPayload;
    if (owner === null) {
      return row('Pointer', hex(address + payload));
    }
    const slack = size - payload - owner.requested;
    return [
      ...row('Pointer', hex(address + payload)),
      ...row('Requested', requestText(owner)),
      ...row('Overhead', `${bytes(payload)} header, ${bytes(slack)} rounding`),
    ];
  }

  #freeRows(snapshot: Snapshot, address: number, size: number): Node[] {
    const { layout } = snapshot;
    // In a list's first block that link is meaningless.
    const previous = isFirst(snapshot, address)
      ? 0
      : wordAt(snapshot, address + layout.blockPrevFree);
    return [
      ...this.#link('Next in list', wordAt(snapshot, address + layout.blockNextFree)),
      ...this.#link('Previous in list', previous),
      ...row(
        'Last word',
        `${decimal(wordAt(snapshot, address + size - layout.blockFooterBack))}: its size`,
      ),
    ];
  }

  #neighbours(snapshot: Snapshot, index: number): Node[] {
    const { address, count } = snapshot.blocks;
    return [
      ...this.#link('Block before', index > 0 ? address[index - 1]! : 0),
      ...this.#link('Block behind', index + 1 < count ? address[index + 1]! : 0),
    ];
  }

  /** Returns a line whose value leads to another block. */
  #link(name: string, target: number): Node[] {
    const snapshot = this.world.snapshot.value;
    const index = target === 0 ? -1 : blockIndexOf(snapshot.blocks, target);
    if (index < 0) {
      return row(name, target === 0 ? 'none' : hex(target));
    }
    const button = make(
      'button',
      { type: 'button', class: 'link', 'data-link': name },
      hex(target),
    );
    button.addEventListener('click', () => this.store.select(target, this.number));
    button.addEventListener('pointerenter', () => this.store.hoverBlock(target, this.number));
    button.addEventListener('pointerleave', () => this.store.hoverBlock(0));
    const state = isFree(snapshot, index) ? 'free' : 'used';
    return row(name, button, ` ${decimal(snapshot.blocks.size[index]!)} ${state}`);
  }
}

function requestText({ requested, operation }: Owner): string {
  return operation === 0 ? bytes(requested) : `${bytes(requested)} in call ${decimal(operation)}`;
}

function row(name: string, ...value: (Node | string)[]): Node[] {
  return [make('dt', {}, name), make('dd', {}, ...value)];
}
