// SPDX-License-Identifier: MIT
/**
 * The chapters as an element: prose on one side, the panels on the other. The URL contains the open
 * chapter: the links here change the URL, and the page opens the chapter.
 */
import type { Build } from '../model/heap/allocator.ts';
import { Store } from '../model/page/store.ts';
import { effect } from '../model/signal.ts';
import { make, type Panel } from '../view/dom.ts';
import { type Action, type Chapter, oracleFor, piecesOf, settingsOf } from './chapter.ts';
import { chapters } from './chapters.ts';
import { QuestionCard } from './question.ts';
import { reveal } from './scroll_into_view.ts';

/** The playback speed of a passage that a link plays. */
const playSpeed = 2;

/**
 * Returns the call at which a chapter opens: that of its first question, since an empty heap shows
 * nothing.
 */
function opensAt({ parts }: Chapter): number {
  return parts.find((part) => part.kind === 'question')?.at ?? 0;
}

export class Learn extends HTMLElement {
  #builds: readonly Build[] = [];
  #chapter = 0;
  #store: Store | null = null;
  #asked: QuestionCard | null = null;
  #endings: (() => void)[] = [];

  set builds(builds: readonly Build[]) {
    this.#builds = builds;
  }

  /** The title of the open chapter, or ''. */
  get heading(): string {
    return chapters[this.#chapter - 1]?.title ?? '';
  }

  /** The run of the open chapter. */
  get store(): Store | null {
    return this.#store;
  }

  /** Opens a chapter. The number is clamped. */
  open(number: number): void {
    this.#chapter = Math.min(Math.max(Math.trunc(number) || 1, 1), chapters.length);
    const chapter = chapters[this.#chapter - 1]!;
    this.#close();
    const trace = { title: chapter.title, meta: {}, operations: chapter.operations };
    this.#store = new Store(this.#builds, trace, settingsOf(chapter));
    const widgets = this.#widgets(chapter, this.#store);
    this.replaceChildren(
      this.#contents(),
      make('div', { class: 'lesson' }, this.#article(chapter, this.#store, widgets), widgets),
    );
    // Panels measure themselves, so they get their store after they are attached.
    widgets.querySelectorAll<Panel>('[data-panel]').forEach((panel) => {
      panel.store = this.#store!;
    });
    this.#store.seek(opensAt(chapter));
  }

  /** Advances playback by the elapsed time. */
  tick(seconds: number): void {
    this.#store?.tick(seconds);
  }

  disconnectedCallback(): void {
    this.#close();
  }

  #close(): void {
    this.#asked?.stop();
    this.#asked = null;
    this.#endings.splice(0).forEach((ending) => ending());
  }

  #contents(): HTMLElement {
    const items = chapters.map(({ title }, index) => {
      const link = make('a', { href: `#learn=${index + 1}` }, title);
      if (index + 1 === this.#chapter) {
        link.setAttribute('aria-current', 'page');
      }
      return make('li', {}, link);
    });
    const back = make('a', { class: 'back', href: '#' }, 'Back to the run');
    const list = make('ol', {}, ...items);
    return make('nav', { class: 'chapters', 'aria-label': 'Chapters' }, list, back);
  }

  #article(chapter: Chapter, store: Store, widgets: HTMLElement): HTMLElement {
    const oracle = oracleFor(this.#builds, chapter);
    const prose = (text: string): HTMLElement => this.#prose(text, store);
    let questions = 0;
    const parts = chapter.parts.map((part) => {
      if (part.kind === 'prose') {
        return prose(part.text);
      }
      const onAsk = (card: QuestionCard): void => {
        this.#asked?.stop();
        this.#asked = card;
      };
      const { element } = new QuestionCard(store, oracle, part, widgets, prose, onAsk);
      element.setAttribute('aria-label', `Question ${++questions}`);
      return element;
    });
    const heading = make('h2', { tabindex: -1 }, `${this.#chapter}. ${chapter.title}`);
    return make('article', {}, heading, ...parts, this.#next());
  }

  #next(): HTMLElement {
    const last = this.#chapter === chapters.length;
    const next = make('a', { class: 'next', href: `#learn=${this.#chapter + 1}` });
    if (last) {
      next.textContent = 'To a real program';
      next.href = '#';
      return next;
    }
    next.textContent = `Next: ${chapters[this.#chapter]!.title}`;
    return next;
  }

  #widgets(chapter: Chapter, store: Store): HTMLElement {
    const names = ['transport', ...chapter.panels];
    const panels = names.map((name) =>
      make('div', { class: `widget widget-${name}` }, this.#panel(`segfit-${name}`)),
    );
    const widgets = make('div', { class: 'widgets' }, ...panels);
    this.#endings.push(() => (store.playing.value = false));
    return widgets;
  }

  #panel(name: string): HTMLElement {
    const panel = document.createElement(name);
    panel.dataset.panel = '';
    return panel;
  }

  #prose(text: string, store: Store): HTMLElement {
    const pieces = piecesOf(text).map((piece) => {
      switch (piece.kind) {
        case 'text':
          return piece.text;
        case 'code':
          return make('code', {}, piece.text);
        case 'link': {
          const link = make('button', { type: 'button', class: 'link' }, piece.text);
          link.addEventListener('click', () => this.#act(piece.action, store));
          return link;
        }
      }
    });
    return make('p', {}, ...pieces);
  }

  #act(action: Action, store: Store): void {
    this.#asked?.stop();
    reveal(this.querySelector('.widgets')!);
    store.follow.value = true;
    switch (action.kind) {
      case 'seek':
        store.seekMoment(action.position.operation, action.position.moment);
        return;
      case 'play':
        this.#play(store, action.from, action.to);
        return;
      case 'class':
        store.selectClass(store.classes.of(action.size));
        return;
      case 'set':
        store.configure(0, action.settings);
    }
  }

  #play(store: Store, from: number, to: number): void {
    store.seek(from);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      store.seek(to);
      return;
    }
    store.speed.value = playSpeed;
    store.togglePlay();
    const ending = effect(() => {
      if (store.position.value.operation >= to) {
        store.seek(to);
      }
    });
    this.#endings.push(ending);
  }
}

export function defineLearn(): void {
  if (customElements.get('segfit-learn') === undefined) {
    customElements.define('segfit-learn', Learn);
  }
}
