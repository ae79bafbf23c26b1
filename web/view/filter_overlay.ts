// SPDX-License-Identifier: MIT
/** A veil over a map: what is looked for stays as it is, all else is pale. */
import { colours } from '../draw/colours.ts';
import { cellOf, type Tape } from '../draw/map_layout.ts';
import { filterOf, matchesOf } from '../model/page/block_filter.ts';
import type { Panel } from './dom.ts';
import { aboutOf } from './filter_subject.ts';

/** Of 255: what is veiled can still be made out. */
const density = 205;

/** Marks each pixel in which a piece of a wanted block lies. */
function markPixels(marks: Uint8Array, tape: Tape, address: number, size: number): void {
  const { line, x } = cellOf(tape, Math.max(address, tape.begin));
  const first = Math.floor(line * tape.width + x);
  const end = Math.ceil(line * tape.width + x + size / tape.bytesPerPixel);
  marks.fill(1, first, Math.max(end, first + 1));
}

export function drawVeil(veil: HTMLCanvasElement, panel: Panel, tape: Tape): void {
  const matches = matchesOf(filterOf(panel.store.filter.value), aboutOf(panel));
  veil.width = tape.width;
  veil.height = tape.height;
  veil.style.height = `${tape.height}px`;
  const context = veil.getContext('2d');
  if (matches === null || context === null) {
    return;
  }
  const { blocks } = panel.world.snapshot.value;
  const marks = new Uint8Array(tape.width * tape.lines);
  for (const index of matches.indexes) {
    markPixels(marks, tape, blocks.address[index]!, blocks.size[index]!);
  }
  const [red, green, blue] = colours(panel).value.palette.outside;
  const image = context.createImageData(tape.width, tape.height);
  const pitch = tape.lineHeight + tape.gap;
  for (let line = 0; line < tape.lines; line++) {
    for (let x = 0; x < tape.width; x++) {
      if (marks[line * tape.width + x] === 1) {
        continue;
      }
      for (let y = line * pitch; y < line * pitch + tape.lineHeight; y++) {
        image.data.set([red, green, blue, density], (y * tape.width + x) * 4);
      }
    }
  }
  context.putImageData(image, 0, 0);
}
