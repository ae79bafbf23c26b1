// SPDX-License-Identifier: MIT
/** The few helpers that panels build their part of the page with. */
import type { Stage } from '../model/page/stage.ts';
import type { Store } from '../model/page/store.ts';
import { effect } from '../model/signal.ts';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Makes an element; an attribute that is false is left out. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) {
      element.setAttribute(key, value === true ? '' : String(value));
    }
  }
  element.append(...children);
  return element;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

export function makeSvg(
  name: string,
  attributes: Attributes = {},
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}

/** Changes text only when it differs, so that nothing is laid out or read aloud for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** In node there are no elements; modules that declare some can be imported all the same. */
export const ElementBase: typeof HTMLElement =
  globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/** What has the focus in the tree that an element stands in, be it the page's or a shadow's. */
export function focusedNear(element: Element): Element | null {
  return (element.getRootNode() as Document | ShadowRoot).activeElement;
}

/**
 * A panel: an element that draws a stage, or, if it needs a run, a store. It stands in the tree of
 * whoever made it, with no shadow of its own. Its attribute `world` says which of the stage's
 * worlds it shows.
 */
export abstract class Panel<Shown extends Stage = Stage> extends ElementBase {
  #store: Shown | null = null;
  readonly #endings: (() => void)[] = [];

  /** What the panel shows, once it has been given it. */
  get store(): Shown {
    if (this.#store === null) {
      throw new Error(`<${this.localName}> has no store yet`);
    }
    return this.#store;
  }

  set store(store: Shown) {
    this.#end();
    this.#store = store;
    this.replaceChildren();
    this.build();
  }

  /** Which world of the stage this panel shows, counted from 0. */
  get number(): number {
    return Number(this.getAttribute('world') ?? 0);
  }

  get world(): Shown['worlds']['value'][number] {
    return this.store.worldAt(this.number);
  }

  disconnectedCallback(): void {
    this.#end();
  }

  /** Runs `draw` now and whenever a signal that it reads changes. */
  protected draws(draw: () => void): void {
    this.#endings.push(effect(draw));
  }

  /** Tells `ending` when the panel goes. */
  protected onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  protected abstract build(): void;

  #end(): void {
    this.#endings.splice(0).forEach((ending) => ending());
  }
}

/** A panel of a run: it needs more than a heap. */
export abstract class RunPanel extends Panel<Store> {}

/** Makes elements known to the page; those that it knows already stay. */
export function defineAll(panels: Readonly<Record<string, CustomElementConstructor>>): void {
  for (const [name, panel] of Object.entries(panels)) {
    if (customElements.get(name) === undefined) {
      customElements.define(name, panel);
    }
  }
}
