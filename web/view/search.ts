// SPDX-License-Identifier: MIT
/** Shows the search as the processor performs it: a word, a mask, and the lowest common bit. */
import type { Snapshot } from '../model/heap/snapshot.ts';
import type { Scan } from '../model/run/highlight.ts';
import { sizeInFocus } from '../model/run/size_in_focus.ts';
import { make, RunPanel } from './dom.ts';

export class Search extends RunPanel {
  protected build(): void {
    const table = make('div', { class: 'words', 'aria-hidden': 'true' });
    this.append(table);
    this.draws(() => {
      const { world } = this;
      const snapshot = world.snapshot.value;
      const { scan } = world.highlight.value;
      const focus = sizeInFocus(world.execution.value, world.moment(), world);
      const row = Math.floor(Math.max(focus?.index ?? 0, 0) / snapshot.columns);
      table.classList.toggle('idle', scan === null);
      table.replaceChildren(...(scan === null ? idle(snapshot, row) : searching(snapshot, scan)));
    });
  }
}

/** Returns bits with the lowest first, as the columns of the matrix. */
function bitsOf(word: number, count: number): boolean[] {
  return Array.from({ length: count }, (_, bit) => ((word >>> bit) & 1) === 1);
}

function line(name: string, bits: readonly boolean[], kind: string, found = -1): HTMLElement {
  return make(
    'div',
    { class: `word ${kind}` },
    make('span', {}, name),
    ...bits.map((bit, at) =>
      make('b', { class: `${bit ? 'set' : ''}${at === found ? ' found' : ''}` }, bit ? '1' : '0'),
    ),
  );
}

function searching(snapshot: Snapshot, { of, row, from, found }: Scan): HTMLElement[] {
  const count = of === 'columns' ? snapshot.columns : snapshot.rows;
  const word = of === 'columns' ? (snapshot.columnBitmaps[row] ?? 0) : snapshot.rowBitmap;
  const bits = bitsOf(word, count);
  const mask = bits.map((_, at) => at >= from);
  const both = bits.map((bit, at) => bit && mask[at]!);
  const result =
    found < 0 ? 'no bit is left' : `lowest bit: ${of === 'columns' ? 'column' : 'row'} ${found}`;
  return [
    line(of === 'columns' ? `row ${row}` : 'rows', bits, 'plain'),
    line('mask', mask, 'mask'),
    line('both', both, 'both', found),
    make('p', {}, result),
  ];
}

/** While no search runs, shows the two words that a search would examine. */
function idle(snapshot: Snapshot, row: number): HTMLElement[] {
  return [
    line(`row ${row}`, bitsOf(snapshot.columnBitmaps[row] ?? 0, snapshot.columns), 'plain'),
    line('rows', bitsOf(snapshot.rowBitmap, snapshot.rows), 'plain'),
    make('p', {}, 'The two words that a search examines.'),
  ];
}
