// SPDX-License-Identifier: MIT
/** One world or two worlds, shown together with one selection, one hover and one lens. */
import { blockIndexAt, blockIndexOf, isFree } from '../heap/snapshot.ts';
import type { Extent, World } from '../run/world.ts';
import { batch, type Signal, signal } from '../signal.ts';

/** The item under the pointer: a block's header address or 0, and a class or −1. */
export interface Hover {
  readonly block: number;
  readonly index: number;
  /** The number of the block's world. */
  readonly world: number;
}

export const noHover: Hover = { block: 0, index: -1, world: 0 };

export class Stage<Shown extends World = World> {
  readonly worlds: Signal<readonly Shown[]>;
  /** The selected block's header address in the first world, or 0. */
  readonly selected = signal(0);
  readonly selectedClass = signal(-1);
  readonly hover: Signal<Hover> = signal(noHover);
  /** The addresses that the detail strip magnifies; null for those around the selected block. */
  readonly lens: Signal<Extent | null> = signal(null);
  /** The block filter, as block_filter.ts parses it; '' for all. */
  readonly filter = signal('');

  constructor(worlds: readonly Shown[]) {
    this.worlds = signal(worlds);
  }

  /** The first world, which panels show by default. */
  get world(): Shown {
    return this.worlds.value[0]!;
  }

  /** Returns the world `number`; the first by default. */
  worldAt(number: number): Shown {
    return this.worlds.value[number] ?? this.world;
  }

  /**
   * Returns the selected block of a world: the block that the same call made. Addresses of two
   * worlds are unrelated.
   */
  selectedIn(number: number): number {
    const selected = this.selected.value;
    return number === 0 || selected === 0 ? selected : this.#translate(selected, 0, number);
  }

  hoveredIn(number: number): number {
    const { block, world } = this.hover.value;
    return block === 0 || world === number ? block : this.#translate(block, world, number);
  }

  #translate(block: number, from: number, to: number): number {
    const operation = this.worldAt(from).ownerOf(block)?.operation ?? 0;
    return operation === 0 ? 0 : this.worldAt(to).blockOf(operation);
  }

  /** Returns the class of a block, free or used; −1 if there is no block. */
  classOfBlock(address: number, number = 0): number {
    const world = this.worldAt(number);
    const { blocks } = world.snapshot.value;
    const index = blockIndexOf(blocks, address);
    return index < 0 ? -1 : world.classes.of(blocks.size[index]!);
  }

  select(address: number, number = 0): void {
    batch(() => {
      const first = number === 0 ? address : this.#translate(address, number, 0);
      this.selected.value = first;
      this.lens.value = null;
      const index = this.classOfBlock(address, number);
      if (index >= 0) {
        this.selectedClass.value = index;
      }
    });
  }

  /** Selects a class and the first block in its list, if any. */
  selectClass(index: number): void {
    batch(() => {
      this.selectedClass.value = index;
      this.selected.value = this.world.snapshot.value.list(index, 1)[0] ?? 0;
      this.lens.value = null;
    });
  }

  hoverBlock(address: number, number = 0): void {
    const index = address === 0 ? -1 : this.#listOf(address, number);
    this.#setHover({ block: address, index, world: number });
  }

  hoverClass(index: number): void {
    this.#setHover({ block: 0, index, world: 0 });
  }

  /** Returns the class of a free block; −1 for a used one, which is in no list. */
  #listOf(address: number, number: number): number {
    const snapshot = this.worldAt(number).snapshot.value;
    const index = blockIndexOf(snapshot.blocks, address);
    return index >= 0 && isFree(snapshot, index) ? this.classOfBlock(address, number) : -1;
  }

  #setHover(next: Hover): void {
    const { block, index, world } = this.hover.value;
    if (block !== next.block || index !== next.index || world !== next.world) {
      this.hover.value = next;
    }
  }

  /** If the selected block merged into another, selects that block. */
  protected keepSelection(): void {
    const { blocks } = this.world.snapshot.value;
    const index = blockIndexAt(blocks, this.selected.value);
    this.selected.value = index < 0 ? 0 : blocks.address[index]!;
  }
}
