// SPDX-License-Identifier: MIT
/**
 * Filters blocks, shows their number and bytes, and lists those around the selection as a table.
 */
import { bytes, counted, decimal, hex } from '../model/format.ts';
import { blockIndexOf, isFree, type Snapshot } from '../model/heap/snapshot.ts';
import {
  type FilterSubject,
  filterHelp,
  filterOf,
  type Matches,
  matchesOf,
  siteOf,
} from '../model/page/block_filter.ts';
import { make, Panel, setText } from './dom.ts';
import { filterSubjectOf } from './filter_subject.ts';

const around = 12;

let made = 0;

export class BlockTable extends Panel {
  protected build(): void {
    const total = make('p', { class: 'filter-total', role: 'status' });
    const caption = make('caption', {});
    const body = make('tbody', {});
    const names = ['Number', 'Address', 'Bytes', 'State', 'Call', 'From'];
    const heads = names.map((text) => make('th', { scope: 'col' }, text));
    const table = make('table', {}, caption, make('thead', {}, make('tr', {}, ...heads)), body);
    const details = make('details', {}, make('summary', {}, 'Blocks as a table'), table);
    this.append(this.#form(total), details);
    const draw = (): void => {
      const about = filterSubjectOf(this);
      const snapshot = this.world.snapshot.value;
      const filter = filterOf(this.store.filter.value);
      const matches = matchesOf(filter, about);
      setText(total, filter.problem || describe(matches));
      if (details.open) {
        this.#draw(caption, body, snapshot, matches, about);
      }
    };
    details.addEventListener('toggle', draw);
    this.draws(draw);
  }

  #form(total: HTMLElement): HTMLElement {
    const id = `filter-${++made}`;
    const input = make('input', {
      id,
      type: 'text',
      placeholder: 'free >1000',
      title: `Filter for blocks (/): ${filterHelp}`,
      'data-action': 'filter',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const clear = make('button', { type: 'button', 'data-action': 'all-blocks' }, 'all');
    clear.title = 'Show all blocks (Escape)';
    const set = (text: string): void => {
      this.store.filter.value = text;
    };
    input.addEventListener('input', () => set(input.value.trim()));
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        set('');
      }
    });
    clear.addEventListener('click', () => set(''));
    const next = (direction: 1 | -1) => (): void => this.#step(direction);
    const back = make('button', { type: 'button', 'aria-label': 'The previous match' }, '◂');
    const on = make('button', { type: 'button', 'aria-label': 'The next match' }, '▸');
    back.addEventListener('click', next(-1));
    on.addEventListener('click', next(1));
    this.draws(() => {
      const { value } = this.store.filter;
      if (input.value.trim() !== value) {
        input.value = value;
      }
      [clear, back, on].forEach((button) => {
        button.hidden = value === '';
      });
    });
    const label = make('label', { for: id }, 'Blocks');
    return make('div', { class: 'filter' }, label, input, back, on, clear, total);
  }

  /** Selects the previous or next match, and wraps around at the ends. */
  #step(direction: 1 | -1): void {
    const matches = matchesOf(filterOf(this.store.filter.value), filterSubjectOf(this));
    const indexes = matches?.indexes ?? [];
    if (indexes.length === 0) {
      return;
    }
    const { blocks } = this.world.snapshot.value;
    const now = blockIndexOf(blocks, this.store.selectedIn(this.number));
    const found =
      direction > 0
        ? (indexes.find((index) => index > now) ?? indexes[0]!)
        : (indexes.findLast((index) => now >= 0 && index < now) ?? indexes.at(-1)!);
    this.store.select(blocks.address[found]!, this.number);
  }

  #draw(
    caption: HTMLElement,
    body: HTMLElement,
    snapshot: Snapshot,
    matches: Matches | null,
    about: FilterSubject,
  ): void {
    const { blocks } = snapshot;
    const selected = this.store.selectedIn(this.number);
    const shown = matches?.indexes ?? null;
    const count = shown?.length ?? blocks.count;
    const now = Math.max(blockIndexOf(blocks, selected), 0);
    const at =
      shown === null
        ? now
        : Math.max(
            shown.findIndex((index) => index >= now),
            0,
          );
    const first = Math.max(0, at - around);
    const last = Math.min(count, at + around + 1);
    const what = shown === null ? '' : ' that match';
    const range = `Blocks ${decimal(first + 1)} to ${decimal(last)} of ${decimal(count)}${what}`;
    const hasSites = about.operations?.some((each) => each.kind === 'malloc' && each.site) ?? false;
    body.parentElement!.classList.toggle('no-sites', !hasSites);
    setText(caption, count === 0 ? 'No block' : range);
    body.replaceChildren(
      ...Array.from({ length: last - first }, (_, offset) => {
        const index = shown?.[first + offset] ?? first + offset;
        return this.#row(snapshot, index, selected, about);
      }),
    );
  }

  #row(snapshot: Snapshot, index: number, selected: number, about: FilterSubject): HTMLElement {
    const address = snapshot.blocks.address[index]!;
    const button = make('button', { type: 'button' }, hex(address));
    button.addEventListener('click', () => this.store.select(address, this.number));
    const free = isFree(snapshot, index);
    const call = free ? 0 : (this.world.ownerOf(address)?.operation ?? 0);
    return make(
      'tr',
      { class: address === selected ? 'selected' : '' },
      make('td', {}, decimal(index + 1)),
      make('td', {}, button),
      make('td', {}, decimal(snapshot.blocks.size[index]!)),
      make('td', {}, free ? 'free' : 'used'),
      make('td', {}, call === 0 ? '' : decimal(call)),
      make('td', {}, call === 0 ? '' : siteOf(about.operations, call)),
    );
  }
}

function describe(matches: Matches | null): string {
  if (matches === null) {
    return '';
  }
  const { indexes, bytes: sum, share } = matches;
  const percent = (100 * share).toFixed(share < 0.1 ? 1 : 0);
  return `${counted(indexes.length, 'block')}, ${bytes(sum)}: ${percent} % of all`;
}
