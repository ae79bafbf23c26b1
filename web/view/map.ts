// SPDX-License-Identifier: MIT
/** Shows the whole heap in address order, line by line, with true areas. */
import { colours } from '../draw/colours.ts';
import { cellOf, type MapLayout, mapLayoutFor } from '../draw/map_layout.ts';
import { bytes, decimal, hex } from '../model/format.ts';
import { linksOf } from '../model/heap/list_links.ts';
import { blockIndexOf, isFree, type Snapshot, summarizeFree } from '../model/heap/snapshot.ts';
import { make, makeSvg, Panel, setText } from './dom.ts';
import { HeapCanvas } from './heap_canvas.ts';

const narrow = 640;
const wideLines = { maxLines: 16, minBytesPerLine: 2048, lineHeight: 18, gap: 4 };
/** The number of lines up to which they are drawn taller. */
const few = 4;
const tallLines = { lineHeight: 30, gap: 8 };
const narrowLines = { maxLines: 34, minBytesPerLine: 1024, lineHeight: 11, gap: 3 };

export class HeapMap extends Panel {
  #canvas: HeapCanvas | null = null;

  protected build(): void {
    const figures = make('p', { class: 'figures' });
    const lines = make('div', { class: 'lines', 'aria-hidden': 'true' });
    const map = make('canvas', {
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Blocks in address order',
      'aria-valuemin': 0,
    });
    const links = makeSvg('svg', { class: 'links', 'aria-hidden': 'true' });
    const overlay = make('canvas', { class: 'veil', 'aria-hidden': 'true' });
    this.append(
      figures,
      make('div', { class: 'tape' }, lines, make('div', {}, map, overlay, links)),
    );
    const canvas = new HeapCanvas(
      map,
      this,
      (width) => this.#mapLayout(width),
      (mapLayout) => (mapLayout.lineHeight < 13 ? 8.5 : 10),
    );
    this.#canvas = canvas;
    this.onEnd(() => canvas.end());
    this.draws(() => setText(figures, this.#figures()));
    this.draws(() => this.#drawLines(lines, canvas.mapLayout));
    this.draws(() => this.#drawLinks(links, canvas.mapLayout));
    this.draws(() => this.#describe(map));
    this.draws(() => this.#drawFilterOverlay(overlay, canvas.mapLayout));
    map.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** The layout in CSS pixels. */
  get mapLayout(): MapLayout {
    return this.#canvas?.mapLayout ?? this.#mapLayout(0);
  }

  /** Returns the layout in CSS pixels, for the heap at its largest, so that the scale stays. */
  #mapLayout(width: number): MapLayout {
    const { begin, end } = this.world.extent.value;
    const usual = width < narrow ? narrowLines : wideLines;
    const mapLayout = mapLayoutFor(begin, end, width, usual);
    // A heap of a few lines has room for taller lines.
    return mapLayout.lines > few
      ? mapLayout
      : mapLayoutFor(begin, end, width, { ...usual, ...tallLines });
  }

  #drawLines(lines: HTMLElement, mapLayout: MapLayout): void {
    if (mapLayout.width === 0) {
      return;
    }
    const bytesPerLine = Math.round(mapLayout.bytesPerPixel * mapLayout.width);
    lines.style.setProperty('--pitch', `${mapLayout.lineHeight + mapLayout.gap}px`);
    const labels = Array.from({ length: mapLayout.lines }, (_, line) =>
      hex(mapLayout.begin + line * bytesPerLine),
    );
    if (lines.textContent !== labels.join('')) {
      lines.replaceChildren(...labels.map((label) => make('span', {}, label)));
    }
  }

  /** Draws the overlay over all blocks except those that match the filter. */
  #drawFilterOverlay(overlay: HTMLCanvasElement, mapLayout: MapLayout): void {
    const { filter } = this.store;
    const { snapshot } = this.world;
    overlay.hidden = filter.value === '' || mapLayout.width === 0;
    if (!overlay.hidden) {
      const shown = snapshot.value;
      void colours(this).value;
      // Loaded on demand, since most readers use no filter.
      void import('./filter_overlay.ts').then(({ drawFilterOverlay }) => {
        if (snapshot.value === shown) {
          drawFilterOverlay(overlay, this, mapLayout);
        }
      });
    }
  }

  /** Draws the list of the selected class as curves from block to block. */
  #drawLinks(picture: SVGElement, mapLayout: MapLayout): void {
    const { snapshot } = this.world;
    const threads = mapLayout.width === 0 ? [] : linksOf(snapshot.value, this.#listShown());
    const topOf = (address: number, size: number): [number, number] => {
      // For a block on several lines, the piece on the first.
      const { line, x } = cellOf(mapLayout, address);
      const width = Math.min(size / mapLayout.bytesPerPixel, mapLayout.width - x);
      return [x + width / 2, line * (mapLayout.lineHeight + mapLayout.gap)];
    };
    picture.replaceChildren(
      ...threads.map(({ from, fromSize, to, toSize }) => {
        // From edge to edge, so that no label is crossed.
        const [x1, top1] = topOf(from, fromSize);
        const [x2, top2] = topOf(to, toSize);
        const y1 = top1 < top2 ? top1 + mapLayout.lineHeight : top1;
        const y2 = top2 < top1 ? top2 + mapLayout.lineHeight : top2;
        const bend = top1 === top2 ? -mapLayout.lineHeight * 0.9 : 0;
        const path = `M${x1} ${y1}Q${(x1 + x2) / 2} ${(y1 + y2) / 2 + bend} ${x2} ${y2}`;
        return makeSvg('path', { d: path });
      }),
    );
  }

  #listShown(): number {
    const { hover, selectedClass } = this.store;
    return hover.value.index >= 0 ? hover.value.index : selectedClass.value;
  }

  #figures(): string {
    const snapshot = this.world.snapshot.value;
    const { used } = snapshot.statistics;
    const { total, count, largest } = summarizeFree(snapshot);
    const unread = snapshot.problems.map((problem) => ` · cannot be read: ${problem}`).join('');
    return (
      `${decimal(used)} used · ${decimal(total)} free in ${decimal(count)} · largest free ` +
      `${decimal(largest)}${unread}`
    );
  }

  #describe(map: HTMLCanvasElement): void {
    const snapshot = this.world.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, this.store.selectedIn(this.number));
    map.setAttribute('aria-valuemax', String(snapshot.blocks.count));
    map.setAttribute('aria-valuenow', String(index + 1));
    map.setAttribute(
      'aria-valuetext',
      index < 0 ? 'no block selected' : blockText(snapshot, index),
    );
  }

  #onKey(event: KeyboardEvent): void {
    const { blocks } = this.world.snapshot.value;
    const at = blockIndexOf(blocks, this.store.selectedIn(this.number));
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      PageUp: at - 20,
      PageDown: at + 20,
      Home: 0,
      End: blocks.count - 1,
    };
    const target = targets[event.key];
    if (target === undefined || event.shiftKey || event.altKey || blocks.count === 0) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const index = Math.min(Math.max(target, 0), blocks.count - 1);
    this.store.select(blocks.address[index]!, this.number);
  }
}

export function blockText(snapshot: Snapshot, index: number): string {
  const { address, size, count } = snapshot.blocks;
  const state = isFree(snapshot, index) ? 'free' : 'used';
  const where = `at ${hex(address[index]!)}, ${index + 1} of ${count}`;
  return `${state} block of ${bytes(size[index]!)} ${where}`;
}
