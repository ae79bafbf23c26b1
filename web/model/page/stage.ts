// SPDX-License-Identifier: MIT
/** What is looked at together: one world or two, with one selection, one hover and one lens. */
import { blockIndexAt, blockIndexOf, isFree } from '../heap/snapshot.ts';
import type { Extent, World } from '../run/world.ts';
import { batch, type Signal, signal } from '../signal.ts';

/** What the pointer is over: a block's header address or 0, and a class or −1. */
export interface Hover {
  readonly block: number;
  readonly index: number;
  /** In which world the block is. */
  readonly world: number;
}

export const noHover: Hover = { block: 0, index: -1, world: 0 };

export class Stage<Shown extends World = World> {
  readonly worlds: Signal<readonly Shown[]>;
  /** The selected block's header address in the first world, or 0. */
  readonly selected = signal(0);
  readonly selectedClass = signal(-1);
  readonly hover: Signal<Hover> = signal(noHover);
  /** The addresses that the detail strip magnifies; null: those around the selected block. */
  readonly lens: Signal<Extent | null> = signal(null);
  /** Which blocks are looked for, as filter.ts reads it; '' for all. */
  readonly filter = signal('');

  constructor(worlds: readonly Shown[]) {
    this.worlds = signal(worlds);
  }

  /** The first world, which all panels show that are not told another. */
  get world(): Shown {
    return this.worlds.value[0]!;
  }

  /** The world numbered `number`, the first if there is none. */
  worldAt(number: number): Shown {
    return this.worlds.value[number] ?? this.world;
  }

  /**
   * The selected block as a world has it: what was made by the same call. Addresses of two worlds
   * have nothing to do with each other.
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

  /** The class whose list holds a free block, or in which a used one would be kept; −1 if none. */
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

  /** Selects a class, and the first block in its list if it has one. */
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

  /** The class that a free block is kept in; used blocks are in no list. */
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

  /** A selected block that merged into another is that other one from then on. */
  protected keepSelection(): void {
    const { blocks } = this.world.snapshot.value;
    const index = blockIndexAt(blocks, this.selected.value);
    this.selected.value = index < 0 ? 0 : blocks.address[index]!;
  }
}
