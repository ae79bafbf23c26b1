// SPDX-License-Identifier: MIT
/**
 * Animates a step: a block that enters or leaves its list, a border between two blocks. Each
 * animation lasts a quarter of a second. It runs only for single steps, and never if the reader
 * prefers reduced motion.
 */
import { cellOf } from '../draw/map_layout.ts';
import { blockIndexAt } from '../model/heap/snapshot.ts';
import type { Store } from '../model/page/store.ts';
import { effect } from '../model/signal.ts';
import { make } from './dom.ts';
import { HeapMap } from './map.ts';

const duration = 260;
const still = matchMedia('(prefers-reduced-motion: reduce)');

/** The number of playback speeds that are slow enough for animations. */
const slowest = 3;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function boxOf(element: Element): Box {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { left, top, width, height };
}

/** Returns the position on the screen of a block's first line. */
function blockBox(map: HeapMap, address: number, size: number): Box {
  const canvas = map.querySelector('canvas')!.getBoundingClientRect();
  const { mapLayout } = map;
  const { line, x } = cellOf(mapLayout, address);
  const width = Math.min(Math.max(size / mapLayout.bytesPerPixel, 3), mapLayout.width - x);
  const top = canvas.top + line * (mapLayout.lineHeight + mapLayout.gap);
  return { left: canvas.left + x, top, width, height: mapLayout.lineHeight };
}

function place(kind: string, { left, top, width, height }: Box): HTMLElement {
  const ghost = make('div', {
    class: `flight ${kind}`,
    'aria-hidden': 'true',
    style: `left:${left}px;top:${top}px;width:${width}px;height:${height}px`,
  });
  document.body.append(ghost);
  return ghost;
}

function fly(from: Box, to: Box): void {
  const ghost = place('card', from);
  const end = `translate(${to.left - from.left}px, ${to.top - from.top}px)`;
  const scale = `scale(${to.width / from.width}, ${to.height / from.height})`;
  ghost
    .animate(
      [
        { transform: 'none', opacity: 0.9 },
        { transform: `${end} ${scale}`, opacity: 0.6 },
      ],
      { duration, easing: 'cubic-bezier(0.3, 0, 0.2, 1)' },
    )
    .finished.finally(() => ghost.remove());
}

/** Animates the border of two blocks as it appears or disappears. */
function wall(map: HeapMap, address: number, comes: boolean): void {
  const { left, top, height } = blockBox(map, address, 0);
  const ghost = place('wall', { left: left - 1, top: top - 3, width: 3, height: height + 6 });
  const shown = { opacity: 1, transform: 'none' };
  const gone = { opacity: 0, transform: comes ? 'scaleY(0.1)' : 'scaleY(1.6)' };
  ghost
    .animate(comes ? [gone, shown] : [shown, gone], { duration, easing: 'ease-out' })
    .finished.finally(() => ghost.remove());
}

function show(store: Store, map: HeapMap): void {
  const { event, name } = store.world.step.value;
  if (event === null || map.mapLayout.width === 0) {
    return;
  }
  const { block, a, b } = event;
  if (name === 'take' || name === 'insert') {
    const cell = document.querySelector(`main segfit-matrix [data-index="${b}"]`);
    const { blocks } = store.snapshot.value;
    if (cell !== null && blockIndexAt(blocks, block) >= 0) {
      const [inMap, inMatrix] = [blockBox(map, block, a), boxOf(cell)];
      fly(name === 'take' ? inMatrix : inMap, name === 'take' ? inMap : inMatrix);
    }
  } else if (name === 'split' || name === 'merge') {
    wall(map, block + a, name === 'split');
  }
}

/** Animates each single step of `store`. */
export function animateSteps(store: Store): void {
  let before = store.position.value;
  effect(() => {
    const { operation, moment } = store.position.value;
    const one =
      (operation === before.operation && moment === before.moment + 1) ||
      (operation === before.operation + 1 && moment === 0);
    before = store.position.value;
    const calm = !store.playing.value || store.speed.value < slowest - 1;
    const map = document.querySelector('main segfit-map');
    if (one && calm && !still.matches && map instanceof HeapMap) {
      show(store, map);
    }
  });
}
