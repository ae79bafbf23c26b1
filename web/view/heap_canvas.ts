// SPDX-License-Identifier: MIT
/**
 * A canvas that shows a range of a world's heap and reacts to the pointer. Map and strip use it.
 */
import { drawPicture, type Outline } from '../draw/canvas.ts';
import { colours } from '../draw/colours.ts';
import { addressAt, type MapLayout } from '../draw/map_layout.ts';
import type { Emphasis } from '../draw/raster.ts';
import { RasterLayer } from '../draw/raster_layer.ts';
import { blockIndexAt } from '../model/heap/snapshot.ts';
import type { Stage } from '../model/page/stage.ts';
import { effect, signal } from '../model/signal.ts';

/** The part of a panel that its canvases need. */
interface Owner {
  readonly store: Stage;
  readonly world: Stage['world'];
  readonly number: number;
}

/** The maximum number of outlined blocks of a list. */
const mostOutlined = 200;

export class HeapCanvas {
  readonly element: HTMLCanvasElement;
  /** The width in CSS pixels; 0 before layout. */
  readonly width = signal(0);
  readonly #scale = signal(1);
  readonly #owner: Owner;
  readonly #shown: (width: number) => MapLayout;
  readonly #fontSize: (mapLayout: MapLayout) => number;
  readonly #endings: (() => void)[] = [];
  readonly #layer = new RasterLayer();
  /** Counts the frames that continue the drawing of a large heap. */
  readonly #again = signal(0);
  #pending = 0;

  /**
   * `shown` returns the layout for a width. It is called again when a signal that it read changes.
   */
  constructor(
    element: HTMLCanvasElement,
    owner: Owner,
    shown: (width: number) => MapLayout,
    fontSize: (mapLayout: MapLayout) => number,
  ) {
    this.element = element;
    this.#owner = owner;
    this.#shown = shown;
    this.#fontSize = fontSize;
    this.#watchSize();
    this.#listen();
    this.#endings.push(effect(() => this.#draw()));
  }

  /** The layout in CSS pixels. */
  get mapLayout(): MapLayout {
    return this.#shown(this.width.value);
  }

  end(): void {
    cancelAnimationFrame(this.#pending);
    this.#endings.splice(0).forEach((ending) => ending());
  }

  #watchSize(): void {
    const measure = (): void => {
      this.#scale.value = Math.min(window.devicePixelRatio || 1, 3);
      this.width.value = Math.floor(this.element.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(this.element);
    measure();
    this.#endings.push(() => observer.disconnect());
  }

  /** Converts a layout to device pixels. */
  #scaled(mapLayout: MapLayout): MapLayout {
    const scale = this.#scale.value;
    const round = (value: number): number => Math.round(value * scale);
    const width = round(mapLayout.width);
    const [lineHeight, gap] = [round(mapLayout.lineHeight), round(mapLayout.gap)];
    return {
      ...mapLayout,
      width,
      lineHeight,
      gap,
      height: mapLayout.lines * (lineHeight + gap) - gap,
      bytesPerPixel: (mapLayout.bytesPerPixel * mapLayout.width) / width,
    };
  }

  #emphasis(): Emphasis {
    const { world } = this.#owner;
    return {
      touched: new Set(world.highlight.value.blocks),
      requested: (header) => world.ownerOf(header)?.requested ?? -1,
    };
  }

  #outlines(): Outline[] {
    const { store, world, number } = this.#owner;
    const { ink } = colours(this.element).value;
    const { index } = store.hover.value;
    const block = store.hoveredIn(number);
    const hovered = block !== 0 ? [block] : world.snapshot.value.list(index, mostOutlined);
    const selected = store.selectedIn(number);
    return [
      ...hovered.map((address) => ({ address, colour: ink, width: 1 })),
      ...(selected === 0 ? [] : [{ address: selected, colour: ink, width: 2 }]),
    ];
  }

  #draw(): void {
    const { mapLayout } = this;
    void this.#again.value;
    cancelAnimationFrame(this.#pending);
    if (mapLayout.width === 0) {
      return;
    }
    this.element.style.height = `${mapLayout.height}px`;
    drawPicture(
      this.element,
      {
        snapshot: this.#owner.world.snapshot.value,
        mapLayout: this.#scaled(mapLayout),
        emphasis: this.#emphasis(),
        outlines: this.#outlines(),
        scale: this.#scale.value,
        fontSize: this.#fontSize(mapLayout),
      },
      colours(this.element).value,
      this.#layer,
    );
    if (this.#layer.isPending) {
      this.#pending = requestAnimationFrame(() => this.#again.value++);
    }
  }

  /** Returns the header address of the block at a point of the page, or 0. */
  blockAt({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): number {
    const { left, top } = this.element.getBoundingClientRect();
    const address = addressAt(this.mapLayout, clientX - left, clientY - top);
    const { blocks } = this.#owner.world.snapshot.value;
    const index = address < 0 ? -1 : blockIndexAt(blocks, address);
    return index < 0 ? 0 : blocks.address[index]!;
  }

  #listen(): void {
    const { store, number } = this.#owner;
    const canvas = this.element;
    canvas.addEventListener('pointermove', (event) =>
      store.hoverBlock(this.blockAt(event), number),
    );
    canvas.addEventListener('pointerleave', () => store.hoverBlock(0));
    canvas.addEventListener('click', (event) => {
      const address = this.blockAt(event);
      if (address !== 0) {
        store.select(address, number);
      }
    });
  }
}
