// SPDX-License-Identifier: MIT
/** Draws an overlay on the map that dims all blocks except those that match the filter. */
import { colours } from '../draw/colours.ts';
import { cellOf, type MapLayout } from '../draw/map_layout.ts';
import { filterOf, matchesOf } from '../model/page/block_filter.ts';
import type { Panel } from './dom.ts';
import { filterSubjectOf } from './filter_subject.ts';

/** The opacity of 255. Dimmed blocks stay visible. */
const density = 205;

/** Marks each pixel that contains a part of the block. */
function markPixels(marks: Uint8Array, mapLayout: MapLayout, address: number, size: number): void {
  const { line, x } = cellOf(mapLayout, Math.max(address, mapLayout.begin));
  const first = Math.floor(line * mapLayout.width + x);
  const end = Math.ceil(line * mapLayout.width + x + size / mapLayout.bytesPerPixel);
  marks.fill(1, first, Math.max(end, first + 1));
}

export function drawFilterOverlay(
  overlay: HTMLCanvasElement,
  panel: Panel,
  mapLayout: MapLayout,
): void {
  const matches = matchesOf(filterOf(panel.store.filter.value), filterSubjectOf(panel));
  overlay.width = mapLayout.width;
  overlay.height = mapLayout.height;
  overlay.style.height = `${mapLayout.height}px`;
  const context = overlay.getContext('2d');
  if (matches === null || context === null) {
    return;
  }
  const { blocks } = panel.world.snapshot.value;
  const marks = new Uint8Array(mapLayout.width * mapLayout.lines);
  for (const index of matches.indexes) {
    markPixels(marks, mapLayout, blocks.address[index]!, blocks.size[index]!);
  }
  const [red, green, blue] = colours(panel).value.palette.outside;
  const image = context.createImageData(mapLayout.width, mapLayout.height);
  const pitch = mapLayout.lineHeight + mapLayout.gap;
  for (let line = 0; line < mapLayout.lines; line++) {
    for (let x = 0; x < mapLayout.width; x++) {
      if (marks[line * mapLayout.width + x] === 1) {
        continue;
      }
      for (let y = line * pitch; y < line * pitch + mapLayout.lineHeight; y++) {
        image.data.set([red, green, blue, density], (y * mapLayout.width + x) * 4);
      }
    }
  }
  context.putImageData(image, 0, 0);
}
