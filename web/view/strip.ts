// SPDX-License-Identifier: MIT
/**
 * Shows a few blocks magnified: their words if there is room, arcs to the neighbours below, and the
 * links of the list above.
 */
import { stripLayoutFor, type MapLayout } from '../draw/map_layout.ts';
import { bytes, hex } from '../model/format.ts';
import {
  blockIndexAt,
  blockIndexOf,
  isFirst,
  isFree,
  type Snapshot,
  wordAt,
} from '../model/heap/snapshot.ts';
import type { Extent } from '../model/run/world.ts';
import { batch } from '../model/signal.ts';
import { make, makeSvg, Panel, setText } from './dom.ts';
import { HeapCanvas } from './heap_canvas.ts';

const stripHeight = 34;
/** The height of the arcs above and below. */
const arcHeight = 20;

/** The strip shows a block at a third of its width, and at least this many bytes. */
const fewestBytes = 192;
const closest = 48;

export class DetailStrip extends Panel {
  #canvas: HeapCanvas | null = null;

  protected build(): void {
    const strip = make('canvas', { 'aria-hidden': 'true' });
    const arcs = makeSvg('svg', { class: 'arcs', 'aria-hidden': 'true' });
    const text = make('p', { class: 'strip-text' });
    const zoom = (factor: number) => (): void => this.#zoom(factor, 0.5);
    this.append(
      make('div', { class: 'strip' }, strip, arcs),
      make(
        'div',
        { class: 'strip-foot' },
        text,
        make(
          'div',
          { class: 'zoom', role: 'group', 'aria-label': 'Magnification' },
          this.#button('Show less, larger', '+', zoom(1 / 2)),
          this.#button('Show more, smaller', '−', zoom(2)),
          this.#button('Around the selection', 'selection', () => {
            this.store.lens.value = null;
          }),
        ),
      ),
    );
    const canvas = new HeapCanvas(
      strip,
      this,
      (width) => this.#layoutOf(width),
      () => 11,
    );
    this.#canvas = canvas;
    this.onEnd(() => canvas.end());
    this.draws(() => this.#drawArcs(arcs));
    this.draws(() => {
      const { begin, end } = this.#extent();
      const from = Math.round(begin);
      const span = bytes(Math.round(end) - from);
      setText(text, `Magnified: ${span} from ${hex(from)} to ${hex(Math.round(end))}`);
    });
    this.#listen(strip);
  }

  #button(label: string, sign: string, act: () => void): HTMLElement {
    const button = make('button', { type: 'button', title: label, 'aria-label': label }, sign);
    button.addEventListener('click', act);
    return button;
  }

  /** Returns the shown range: the lens, or the surroundings of the selected block. */
  #extent(): Extent {
    const snapshot = this.world.snapshot.value;
    const lens = this.number === 0 ? this.store.lens.value : null;
    if (lens !== null) {
      return lens;
    }
    const { blocks } = snapshot;
    const shown = Math.max(blockIndexOf(blocks, this.store.selectedIn(this.number)), 0);
    const address = blocks.address[shown] ?? snapshot.begin;
    const size = blocks.size[shown] ?? fewestBytes;
    return this.#within(address + size / 2, Math.max(size * 3, fewestBytes));
  }

  /** Returns `span` bytes around `middle`, clamped to the heap. */
  #within(middle: number, span: number): Extent {
    const { begin, end } = this.world.snapshot.value;
    const shown = Math.min(Math.max(span, closest), end - begin);
    const from = Math.max(begin, Math.min(middle - shown / 2, end - shown));
    return { begin: from, end: from + shown };
  }

  #layoutOf(width: number): MapLayout {
    const { begin, end } = this.#extent();
    return stripLayoutFor(begin, end, width, stripHeight);
  }

  #mapLayout(): MapLayout {
    return this.#canvas?.mapLayout ?? this.#layoutOf(0);
  }

  /** Zooms around the position `at`, a share of the strip. */
  #zoom(factor: number, at: number): void {
    const { begin, end } = this.#extent();
    const span = (end - begin) * factor;
    const fixed = begin + (end - begin) * at;
    this.store.lens.value = this.#within(fixed + (0.5 - at) * span, span);
  }

  #move(byBytes: number): void {
    const { begin, end } = this.#extent();
    this.store.lens.value = this.#within((begin + end) / 2 + byBytes, end - begin);
  }

  /** The wheel zooms with Ctrl, as a pinch does, and scrolls sideways; dragging moves the range. */
  #listen(strip: HTMLCanvasElement): void {
    strip.addEventListener(
      'wheel',
      (event) => {
        const { left, width } = strip.getBoundingClientRect();
        if (event.ctrlKey) {
          event.preventDefault();
          this.#zoom(Math.exp(event.deltaY / 100), (event.clientX - left) / width);
        } else if (event.deltaX !== 0) {
          event.preventDefault();
          this.#move(event.deltaX * this.#mapLayout().bytesPerPixel);
        }
      },
      { passive: false },
    );
    let last: number | null = null;
    let dragged = 0;
    strip.addEventListener('pointerdown', (event) => {
      last = event.clientX;
      dragged = 0;
    });
    strip.addEventListener('pointermove', (event) => {
      if (last !== null && event.buttons === 1) {
        const by = event.clientX - last;
        dragged += Math.abs(by);
        last = event.clientX;
        if (dragged > 4) {
          strip.setPointerCapture(event.pointerId);
          this.#move(-by * this.#mapLayout().bytesPerPixel);
        }
      }
    });
    strip.addEventListener('pointerup', () => {
      last = null;
    });
    strip.addEventListener(
      'click',
      (event) => {
        if (dragged > 4) {
          event.stopImmediatePropagation();
        } else if (this.store.lens.value !== null) {
          this.#selectHere(event);
          event.stopImmediatePropagation();
        }
      },
      { capture: true },
    );
  }

  /** Selects a block without moving the lens. */
  #selectHere(event: MouseEvent): void {
    const address = this.#canvas?.blockAt(event) ?? 0;
    if (address !== 0) {
      batch(() => {
        const lens = this.store.lens.value;
        this.store.select(address, this.number);
        this.store.lens.value = lens;
      });
    }
  }

  // --------------------------------------------------------------------------------------- arcs

  #drawArcs(picture: SVGElement): void {
    const mapLayout = this.#mapLayout();
    const snapshot = this.world.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, this.store.selectedIn(this.number));
    if (mapLayout.width === 0) {
      return;
    }
    picture.setAttribute(
      'viewBox',
      `0 ${-arcHeight} ${mapLayout.width} ${stripHeight + 2 * arcHeight}`,
    );
    picture.replaceChildren(
      ...(index < 0
        ? []
        : [
            ...this.#neighbours(mapLayout, snapshot, index),
            ...this.#links(mapLayout, snapshot, index),
            ...words(mapLayout, snapshot, index),
          ]),
    );
  }

  /** Returns arcs below to the previous and the next block, which boundary tags find. */
  #neighbours(mapLayout: MapLayout, snapshot: Snapshot, index: number): SVGElement[] {
    const { blocks } = snapshot;
    return [index - 1, index + 1]
      .filter((each) => each >= 0 && each < blocks.count)
      .map((each) => {
        const from = blocks.address[index]!;
        return arc(mapLayout, 'neighbour', from, blocks.address[each]!, 1);
      });
  }

  /** Returns arcs above for the links of a free block. */
  #links(mapLayout: MapLayout, snapshot: Snapshot, index: number): SVGElement[] {
    if (!isFree(snapshot, index)) {
      return [];
    }
    const { layout, blocks } = snapshot;
    const from = blocks.address[index]!;
    const links = isFirst(snapshot, from)
      ? [layout.blockNextFree]
      : [layout.blockNextFree, layout.blockPrevFree];
    return links
      .map((offset) => wordAt(snapshot, from + offset))
      .filter((to) => blockIndexAt(blocks, to) >= 0)
      .map((to) => arc(mapLayout, 'link', from, to, -1));
  }
}

/** Returns an arc between two headers. An arc that leaves the strip ends at its edge. */
function arc(
  mapLayout: MapLayout,
  kind: string,
  from: number,
  to: number,
  side: 1 | -1,
): SVGElement {
  const x = (address: number): number => (address - mapLayout.begin) / mapLayout.bytesPerPixel;
  const clip = (value: number): number => Math.min(Math.max(value, 3), mapLayout.width - 3);
  const [begin, end] = [x(from) + 3, x(to) + 3];
  const level = side < 0 ? 0 : stripHeight;
  const bend = level + side * arcHeight * 1.15;
  const outside = end < 0 || end > mapLayout.width;
  const last = outside ? clip(end) : end;
  const finish = outside ? `${last} ${level + (side * arcHeight) / 2}` : `${last} ${level}`;
  const middle = (clip(begin) + last) / 2;
  return makeSvg('path', {
    class: `${kind}${outside ? ' outside' : ''}`,
    d: `M${clip(begin)} ${level}Q${middle} ${bend} ${finish}`,
    'marker-end': 'none',
  });
}

/** Returns labels for the words at the block's begin and end, if there is room. */
function words(mapLayout: MapLayout, snapshot: Snapshot, index: number): SVGElement[] {
  const { layout, blocks } = snapshot;
  const width = layout.wordSize / mapLayout.bytesPerPixel;
  if (width < 34) {
    return [];
  }
  const address = blocks.address[index]!;
  const end = address + blocks.size[index]!;
  const named: [number, string][] = isFree(snapshot, index)
    ? [
        [address + layout.blockNextFree, 'next'],
        [address + layout.blockPrevFree, 'prev'],
        [end - layout.blockFooterBack, 'size'],
      ]
    : [];
  return named
    .filter(([at], place) => place < 2 || at > address + layout.blockPrevFree)
    .map(([at, name]) => {
      const x = (at - mapLayout.begin) / mapLayout.bytesPerPixel;
      const text = makeSvg('text', { class: 'word', x: x + width / 2, y: stripHeight - 4 });
      text.textContent = name;
      return makeSvg(
        'g',
        {},
        makeSvg('path', {
          class: 'cell',
          d: `M${x} 0v${stripHeight}M${x + width} 0v${stripHeight}`,
        }),
        text,
      );
    });
}
