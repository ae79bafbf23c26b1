// SPDX-License-Identifier: MIT
/**
 * Analyses a run: its worst moments, the blocks that fragment the free memory, and the smallest
 * sufficient heap.
 */
import { bytes, counted, decimal, hex } from '../model/format.ts';
import { type PinnedHole, pinnedHoles, pinsOfHole } from '../model/heap/pinned_holes.ts';
import { siteOf } from '../model/page/block_filter.ts';
import { type Finding, findingsOf } from '../model/run/findings.ts';
import { Sizer, type Sizing } from '../model/run/sizing.ts';
import { make, RunPanel, setText } from './dom.ts';
import { RedrawThrottle } from './redraw_throttle.ts';

const mostPins = 4;
/** Milliseconds of work at a time, so that the page stays responsive. */
const slice = 12;
/** The largest heap to try. */
const largestHeap = 1024 * 1024 * 1024;

/** Returns a button that goes to the call of a finding. */
export function findingButton({ title, call, text }: Finding, go: () => void): HTMLElement {
  const button = make('button', { type: 'button', class: 'finding' });
  button.append(make('strong', {}, title), ` ${text}, call ${decimal(call)}`);
  button.addEventListener('click', go);
  return button;
}

export class Findings extends RunPanel {
  #timer = 0;

  protected build(): void {
    this.append(this.#moments(), this.#pins(), this.#sizing());
    this.onEnd(() => clearTimeout(this.#timer));
  }

  #moments(): HTMLElement {
    const list = make('ul', {});
    this.draws(() => {
      const findings = findingsOf(this.world.history.callLog);
      list.replaceChildren(
        ...findings.map((each) =>
          make(
            'li',
            {},
            findingButton(each, () => this.store.seek(each.call)),
          ),
        ),
      );
    });
    return make('div', { class: 'moments' }, make('h3', {}, 'Worst moments'), list);
  }

  #pins(): HTMLElement {
    const title = make('h3', {});
    const list = make('ul', {});
    const throttle = new RedrawThrottle();
    this.draws(() => {
      const snapshot = this.world.snapshot.value;
      if (!throttle.allows(this.store, snapshot.blocks.count)) return;
      const selected = this.store.selectedIn(this.number);
      const own = pinsOfHole(snapshot, selected);
      const shown = own.length > 0 ? own : pinnedHoles(snapshot, mostPins);
      setText(
        title,
        own.length > 0
          ? `Which blocks bound the hole at ${hex(selected)}?`
          : 'Which blocks fragment it?',
      );
      const none = make('li', { class: 'hint' }, 'No used block lies between two free ones.');
      list.replaceChildren(...(shown.length === 0 ? [none] : shown.map((pin) => this.#pin(pin))));
    });
    return make('div', { class: 'pins' }, title, list);
  }

  #pin({ header, size, before, behind, hole }: PinnedHole): HTMLElement {
    const show = make('button', { type: 'button', class: 'link' }, hex(header));
    show.addEventListener('click', () => this.store.select(header));
    const call = this.world.ownerOf(header)?.operation ?? 0;
    const now = this.store.position.value.operation;
    const site = siteOf(this.world.history.operations, call);
    const age = call === 0 ? '' : `, for ${counted(now - call, 'call')}${site && ` (${site})`}`;
    const between =
      before > 0 && behind > 0
        ? `between ${decimal(before)} and ${decimal(behind)}`
        : `beside ${decimal(before + behind)}`;
    const rest = `, ${bytes(size)}${age}, ${between}: without it ${decimal(hole)} in one piece.`;
    return make('li', {}, show, rest);
  }

  #sizing(): HTMLElement {
    const text = make('p', { class: 'sizing-text', role: 'status' });
    const find = make('button', { type: 'button', 'data-action': 'sizing' }, 'Find out');
    const take = make('button', { type: 'button', 'data-action': 'take-size', hidden: true });
    let enough = 0;
    const show = (sizing: Sizing, length: number): void => {
      setText(text, describe(sizing, length));
      enough = sizing.enough;
      take.hidden = !sizing.done || enough === 0;
      setText(take, `Make a heap of ${decimal(enough)}`);
      find.hidden = !take.hidden;
    };
    find.addEventListener('click', () => this.#size(show, text));
    take.addEventListener('click', () => {
      const larger = { size: enough, limit: enough };
      void this.store.change(this.store.configuring(this.number, larger));
    });
    this.draws(() => {
      // The result depends on the run and the geometry, not on the size of the heap.
      void this.world.history;
      const { columns, policy, align, pools } = this.world.settings;
      const asked = [columns, policy, align, pools, this.store.trace.value.title].join();
      if (this.dataset.asked !== asked) {
        this.dataset.asked = asked;
        clearTimeout(this.#timer);
        setText(text, 'This executes all calls in heaps of different sizes that may not grow.');
        find.hidden = false;
        take.hidden = true;
      }
    });
    return make(
      'div',
      { class: 'sizing' },
      make('h3', {}, 'How small can the heap be?'),
      text,
      make('p', {}, find, take),
    );
  }

  #size(show: (sizing: Sizing, length: number) => void, text: HTMLElement): void {
    const { world } = this;
    const { operations } = world.history;
    const sizer = new Sizer((room) => world.another(room), world.settings, operations, largestHeap);
    clearTimeout(this.#timer);
    setText(text, 'Trying …');
    const work = (): void => {
      const until = performance.now() + slice;
      try {
        sizer.step(() => performance.now() < until);
      } catch (error) {
        setText(text, `The search failed: ${error instanceof Error ? error.message : error}.`);
        return;
      }
      show(sizer.result, operations.length);
      if (!sizer.result.done) {
        this.#timer = window.setTimeout(work, 0);
      }
    };
    work();
  }
}

function describe({ enough, tooSmall, failed, tried, done }: Sizing, length: number): string {
  if (!done) {
    return `Trying … ${counted(tried, 'heap')} so far.`;
  }
  if (enough === 0) {
    return `Even a heap of ${bytes(tooSmall)} is too small: call ${decimal(failed)} returns NULL.`;
  }
  const all = length === 1 ? 'The one call is served' : `All ${decimal(length)} calls are served`;
  const last =
    failed === 0 ? '' : `; in one of ${decimal(tooSmall)}, call ${decimal(failed)} returns NULL`;
  return `${all} in a heap of ${bytes(enough)}${last}. ${counted(tried, 'heap')} were tried.`;
}
