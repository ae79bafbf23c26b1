// SPDX-License-Identifier: MIT
/** Helpers with which panels build their part of the page. */
import type { Stage } from '../model/page/stage.ts';
import type { Store } from '../model/page/store.ts';
import { effect } from '../model/signal.ts';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Makes an element. Omits attributes that are false. */
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

/** Changes text only if it differs, which avoids needless layout and screen reader output. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** HTMLElement, or in Node a stand-in, so that Node can import modules that declare elements. */
export const ElementBase: typeof HTMLElement =
  globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/** Returns the focused element in an element's tree, which is the page or a shadow tree. */
export function focusedNear(element: Element): Element | null {
  return (element.getRootNode() as Document | ShadowRoot).activeElement;
}

/**
 * A panel: an element that draws a stage, or, if it needs a run, a store. It has no shadow tree.
 * Its attribute `world` selects one of the stage's worlds.
 */
export abstract class Panel<Shown extends Stage = Stage> extends ElementBase {
  #store: Shown | null = null;
  readonly #endings: (() => void)[] = [];

  /** The store that the panel shows. Throws before it is set. */
  get store(): Shown {
    if (this.#store === null) {
      throw new Error(`<${this.localName}> has no store yet; set its property store first`);
    }
    return this.#store;
  }

  set store(store: Shown) {
    this.#end();
    this.#store = store;
    this.replaceChildren();
    this.build();
  }

  /** The number of the shown world, from 0. */
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

  /** Calls `ending` when the panel is removed. */
  protected onEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  protected abstract build(): void;

  #end(): void {
    this.#endings.splice(0).forEach((ending) => ending());
  }
}

/** A panel that needs a run. */
export abstract class RunPanel extends Panel<Store> {}

/** Defines elements that are not yet defined. */
export function defineAll(panels: Readonly<Record<string, CustomElementConstructor>>): void {
  for (const [name, panel] of Object.entries(panels)) {
    if (customElements.get(name) === undefined) {
      customElements.define(name, panel);
    }
  }
}
