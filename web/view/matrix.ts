// SPDX-License-Identifier: MIT
/** Shows the free index as one table: row bitmap, column bitmaps and list lengths. */
import { counted, decimal } from '../model/format.ts';
import { columnBit, countedLength, rowBit, type Snapshot } from '../model/heap/snapshot.ts';
import { classRange } from '../model/run/explain.ts';
import type { Scan } from '../model/run/highlight.ts';
import { make, Panel, setText } from './dom.ts';

/** The appearance of a cell. Only cells whose appearance differs are updated. */
interface Look {
  readonly classes: string;
  readonly text: string;
  readonly label: string;
}

export class Matrix extends Panel {
  #cells: HTMLTableCellElement[] = [];
  #heads: HTMLTableCellElement[] = [];
  #looks: string[] = [];
  #columns = 0;

  protected build(): void {
    const table = make('table', { role: 'grid', 'aria-label': 'Classes of free blocks' });
    this.append(table);
    this.draws(() => {
      const { columns } = this.world.snapshot.value;
      const rows = this.#rowsInUse();
      if (this.#cells.length !== rows * columns || this.#columns !== columns) {
        this.#columns = columns;
        this.#buildTable(table, rows, columns);
      }
    });
    this.draws(() => this.#draw());
    table.addEventListener('click', (event) => this.#onClick(event));
    table.addEventListener('keydown', (event) => this.#onKey(event));
    table.addEventListener('pointerover', (event) => this.store.hoverClass(indexOf(event.target)));
    table.addEventListener('pointerleave', () => this.store.hoverClass(-1));
  }

  /**
   * Returns the number of rows to show. A program's malloc has rows up to 4 GiB; rows of blocks
   * larger than its memory are omitted.
   */
  #rowsInUse(): number {
    const { rows, columns } = this.world.snapshot.value;
    const { begin, end } = this.world.extent.value;
    const largest = this.world.classes.of(end - begin);
    return largest < 0 ? rows : Math.floor(largest / columns) + 1;
  }

  #buildTable(table: HTMLTableElement, rows: number, columns: number): void {
    this.#looks = [];
    this.#cells = Array.from({ length: rows * columns }, (_, index) =>
      make('td', { role: 'gridcell', 'data-index': index, tabindex: -1 }),
    );
    this.#heads = Array.from({ length: rows }, (_, row) =>
      make(
        'th',
        { scope: 'row', role: 'rowheader' },
        decimal(this.world.classes.sizeOf(row * columns)),
      ),
    );
    const top = make(
      'tr',
      { role: 'row' },
      make('th', { scope: 'col', role: 'columnheader', class: 'corner' }, 'from'),
      ...Array.from({ length: columns }, (_, column) =>
        make('th', { scope: 'col', role: 'columnheader', class: 'column' }, String(column)),
      ),
    );
    const body = this.#heads.map((head, row) =>
      make('tr', { role: 'row' }, head, ...this.#cells.slice(row * columns, (row + 1) * columns)),
    );
    table.style.setProperty('--columns', String(columns));
    table.style.setProperty('--rows', String(rows));
    table.replaceChildren(
      make('thead', { role: 'rowgroup' }, top),
      make('tbody', { role: 'rowgroup' }, ...body),
    );
  }

  #draw(): void {
    const snapshot = this.world.snapshot.value;
    const { scan, classes, index: reached } = this.world.highlight.value;
    const touched = new Set(classes);
    const selected = this.store.selectedClass.value;
    const hovered = this.store.hover.value.index;
    this.#cells.forEach((cell, index) => {
      const state = [
        columnBit(snapshot, index) && 'set',
        !this.#isPossible(snapshot, index) && 'never',
        index === reached && !touched.has(index) ? 'found' : scanned(scan, index, snapshot),
        touched.has(index) && 'touched',
        index === hovered && 'hovered',
        index === selected && 'selected',
      ]
        .filter(Boolean)
        .join(' ');
      this.#apply(cell, index, this.#look(snapshot, index, state));
      cell.tabIndex = index === Math.max(selected, 0) ? 0 : -1;
    });
    this.#drawHeads(snapshot, scan);
  }

  /** Draws the row bitmap: one bit for each row. */
  #drawHeads(snapshot: Snapshot, scan: Scan | null): void {
    this.#heads.forEach((head, row) => {
      const set = rowBit(snapshot, row);
      const rows = scan?.of === 'rows' ? scan : null;
      const last = rows === null ? -1 : rows.found < 0 ? snapshot.rows - 1 : rows.found;
      head.classList.toggle('set', set);
      head.classList.toggle('masked', rows !== null && row < rows.from);
      head.classList.toggle('passed', rows !== null && row >= rows.from && row <= last);
      head.classList.toggle('found', rows !== null && row === rows.found);
      head.setAttribute('aria-label', `from ${head.textContent} bytes, row bit ${set ? 1 : 0}`);
    });
  }

  /** Returns whether a class can hold a block of at least the minimum size. */
  #isPossible(snapshot: Snapshot, index: number): boolean {
    return this.world.classes.sizeOf(index) >= snapshot.layout.minBlock;
  }

  #look(snapshot: Snapshot, index: number, classes: string): Look {
    const count = columnBit(snapshot, index) ? snapshot.list(index, countedLength).length : 0;
    const many = count >= countedLength;
    return {
      classes,
      text: count === 0 ? '' : many ? `${countedLength - 1}+` : String(count),
      label: many ? `${countedLength} free blocks or more` : counted(count, 'free block'),
    };
  }

  #apply(cell: HTMLTableCellElement, index: number, look: Look): void {
    const key = `${look.classes}|${look.text}`;
    if (this.#looks[index] === key) {
      return;
    }
    this.#looks[index] = key;
    cell.className = look.classes;
    setText(cell, look.text);
    const range = classRange(this.world.snapshot.value, index, this.world.classes);
    const text = `${range}: ${look.label}`;
    cell.title = text;
    cell.setAttribute('aria-label', text);
    cell.setAttribute('aria-selected', String(look.classes.includes('selected')));
  }

  #onClick(event: Event): void {
    const index = indexOf(event.target);
    if (index >= 0) {
      this.#choose(index);
    }
  }

  #choose(index: number): void {
    this.store.selectClass(index);
    this.#cells[index]?.focus({ preventScroll: true });
  }

  #onKey(event: KeyboardEvent): void {
    const index = indexOf(event.target);
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.#columns,
      ArrowDown: this.#columns,
      Home: -(index % this.#columns),
      End: this.#columns - 1 - (index % this.#columns),
    };
    const move = moves[event.key];
    if (index < 0 || move === undefined || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const target = index + move;
    if (target >= 0 && target < this.#cells.length) {
      this.#choose(target);
    }
  }
}

/**
 * Returns how a search treats a cell: it masks out the columns before the first, and examines later
 * ones.
 */
function scanned(scan: Scan | null, index: number, { columns }: Snapshot): string {
  if (scan === null || scan.of !== 'columns' || Math.floor(index / columns) !== scan.row) {
    return '';
  }
  const column = index % columns;
  if (column < scan.from) {
    return 'masked';
  }
  return scan.found < 0 || column < scan.found ? 'passed' : '';
}

function indexOf(target: EventTarget | null): number {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-index]') : null;
  return cell === null ? -1 : Number(cell.dataset.index);
}
