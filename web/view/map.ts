// SPDX-License-Identifier: MIT
/** The whole heap in address order, area-true, with a strip that magnifies the selected block. */
import { bytes, decimal, hex } from '../model/format.ts';
import { signal } from '../model/signal.ts';
import {
  blockIndexAt,
  blockIndexOf,
  isFree,
  type Snapshot,
  summarizeFree,
} from '../model/snapshot.ts';
import type { Emphasis } from '../model/raster.ts';
import { addressAt, stripFor, type Tape, tapeFor } from '../model/tape.ts';
import { drawPicture, type Outline } from './canvas.ts';
import { colours } from './colours.ts';
import { make, Panel, setText } from './dom.ts';

const narrow = 640;
const wideLines = { maxLines: 16, minBytesPerLine: 2048, lineHeight: 18, gap: 4 };
const narrowLines = { maxLines: 34, minBytesPerLine: 1024, lineHeight: 11, gap: 3 };
const stripHeight = 34;

/** The strip shows a block at a third of its width, but never fewer bytes than this. */
const fewestBytes = 192;

export class HeapMap extends Panel {
  readonly #width = signal(0);
  readonly #scale = signal(1);

  protected build(): void {
    const figures = make('p', { class: 'figures' });
    const lines = make('div', { class: 'lines', 'aria-hidden': 'true' });
    const map = make('canvas', {
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Blocks in address order',
      'aria-valuemin': 0,
    });
    const strip = make('canvas', { 'aria-hidden': 'true' });
    const stripText = make('p', { class: 'strip-text' });
    this.append(
      figures,
      make('div', { class: 'tape' }, lines, map),
      make('div', { class: 'strip' }, strip, stripText),
    );
    this.#watchSize(map);
    this.draws(() => setText(figures, this.#figures()));
    this.draws(() => this.#drawMap(map, lines));
    this.draws(() => this.#drawStrip(strip, stripText));
    this.draws(() => this.#describe(map));
    this.#listen(map, () => this.#tape());
    this.#listen(strip, () => this.#strip());
    map.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #watchSize(canvas: HTMLCanvasElement): void {
    const measure = (): void => {
      this.#scale.value = Math.min(window.devicePixelRatio || 1, 3);
      this.#width.value = Math.floor(canvas.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(canvas);
    measure();
    this.onEnd(() => observer.disconnect());
  }

  /** The map in CSS pixels, as long as the heap is when it is largest, so that nothing jumps. */
  #tape(): Tape {
    const width = this.#width.value;
    const options = width < narrow ? narrowLines : wideLines;
    // Whole lines look even; the region before the heap is the allocator's own and shows nothing.
    return tapeFor(this.store.history.heap, this.store.largestEnd, width, options);
  }

  #strip(): Tape {
    const snapshot = this.store.snapshot.value;
    const { blocks } = snapshot;
    const index = blockIndexOf(blocks, this.store.selected.value);
    const shown = Math.max(index, 0);
    const address = blocks.address[shown] ?? snapshot.begin;
    const size = blocks.size[shown] ?? fewestBytes;
    const span = Math.min(Math.max(size * 3, fewestBytes), snapshot.end - snapshot.begin);
    const wanted = address + size / 2 - span / 2;
    const begin = Math.max(snapshot.begin, Math.min(wanted, snapshot.end - span));
    return stripFor(begin, begin + span, this.#width.value, stripHeight);
  }

  /** The same tape with `scale` device pixels for a pixel. */
  #scaled(tape: Tape): Tape {
    const scale = this.#scale.value;
    const round = (value: number): number => Math.round(value * scale);
    const width = round(tape.width);
    const [lineHeight, gap] = [round(tape.lineHeight), round(tape.gap)];
    return {
      ...tape,
      width,
      lineHeight,
      gap,
      height: tape.lines * (lineHeight + gap) - gap,
      bytesPerPixel: (tape.bytesPerPixel * tape.width) / width,
    };
  }

  #emphasis(): Emphasis {
    const { live, highlight } = this.store;
    const requested = new Map(
      [...live.value].map(([address, block]) => [address, block.requested]),
    );
    return { touched: new Set(highlight.value.blocks), requested };
  }

  #outlines(): Outline[] {
    const { ink } = colours().value;
    const { block, index } = this.store.hover.value;
    const hovered = block !== 0 ? [block] : (this.store.snapshot.value.lists.get(index) ?? []);
    const selected = this.store.selected.value;
    return [
      ...hovered.map((address) => ({ address, colour: ink, width: 1 })),
      ...(selected === 0 ? [] : [{ address: selected, colour: ink, width: 2 }]),
    ];
  }

  #drawMap(canvas: HTMLCanvasElement, lines: HTMLElement): void {
    const tape = this.#tape();
    if (tape.width === 0) {
      return;
    }
    canvas.style.height = `${tape.height}px`;
    drawPicture(
      canvas,
      {
        snapshot: this.store.snapshot.value,
        tape: this.#scaled(tape),
        emphasis: this.#emphasis(),
        outlines: this.#outlines(),
        scale: this.#scale.value,
        fontSize: tape.lineHeight < 13 ? 8.5 : 10,
      },
      colours().value,
    );
    const bytesPerLine = Math.round(tape.bytesPerPixel * tape.width);
    lines.style.setProperty('--pitch', `${tape.lineHeight + tape.gap}px`);
    const labels = Array.from({ length: tape.lines }, (_, line) =>
      hex(tape.begin + line * bytesPerLine),
    );
    if (lines.textContent !== labels.join('')) {
      lines.replaceChildren(...labels.map((label) => make('span', {}, label)));
    }
  }

  #drawStrip(canvas: HTMLCanvasElement, text: HTMLElement): void {
    const tape = this.#strip();
    if (tape.width === 0) {
      return;
    }
    canvas.style.height = `${tape.height}px`;
    drawPicture(
      canvas,
      {
        snapshot: this.store.snapshot.value,
        tape: this.#scaled(tape),
        emphasis: this.#emphasis(),
        outlines: this.#outlines(),
        scale: this.#scale.value,
        fontSize: 11,
      },
      colours().value,
    );
    const span = tape.end - tape.begin;
    setText(
      text,
      `Magnified: ${bytes(Math.round(span))} from ${hex(tape.begin)} to ${hex(tape.end)}`,
    );
  }

  #figures(): string {
    const snapshot = this.store.snapshot.value;
    const { used } = snapshot.statistics;
    const { total, count, largest } = summarizeFree(snapshot);
    const unread = snapshot.problems.map((problem) => ` · cannot be read: ${problem}`).join('');
    return (
      `${decimal(used)} used · ${decimal(total)} free in ${decimal(count)} · largest free ` +
      `${decimal(largest)}${unread}`
    );
  }

  #describe(map: HTMLCanvasElement): void {
    const snapshot = this.store.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, this.store.selected.value);
    map.setAttribute('aria-valuemax', String(snapshot.blocks.count));
    map.setAttribute('aria-valuenow', String(index + 1));
    map.setAttribute(
      'aria-valuetext',
      index < 0 ? 'no block selected' : blockText(snapshot, index),
    );
  }

  #listen(canvas: HTMLCanvasElement, tapeNow: () => Tape): void {
    const blockAt = (event: MouseEvent): number => {
      const { left, top } = canvas.getBoundingClientRect();
      const address = addressAt(tapeNow(), event.clientX - left, event.clientY - top);
      const { blocks } = this.store.snapshot.value;
      const index = address < 0 ? -1 : blockIndexAt(blocks, address);
      return index < 0 ? 0 : blocks.address[index]!;
    };
    canvas.addEventListener('pointermove', (event) => this.store.hoverBlock(blockAt(event)));
    canvas.addEventListener('pointerleave', () => this.store.hoverBlock(0));
    canvas.addEventListener('click', (event) => {
      const address = blockAt(event);
      if (address !== 0) {
        this.store.select(address);
      }
    });
  }

  #onKey(event: KeyboardEvent): void {
    const { blocks } = this.store.snapshot.value;
    const at = blockIndexOf(blocks, this.store.selected.value);
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
    this.store.select(blocks.address[Math.min(Math.max(target, 0), blocks.count - 1)]!);
  }
}

export function blockText(snapshot: Snapshot, index: number): string {
  const { address, size, count } = snapshot.blocks;
  const state = isFree(snapshot, index) ? 'free' : 'used';
  const where = `at ${hex(address[index]!)}, ${index + 1} of ${count}`;
  return `${state} block of ${bytes(size[index]!)} ${where}`;
}
