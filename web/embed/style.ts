// SPDX-License-Identifier: MIT
/** The page's style sheets inside a shadow tree: their root and width are the element's. */
import runCss from '../run.css?inline';
import shareCss from '../share.css?inline';
import pageCss from '../style.css?inline';
import ownCss from './view.css?inline';

/**
 * What applies to the page's root applies to the element, and what asks for the window's width asks
 * for the element's.
 */
export function shadowCss(css: string): string {
  return css
    .replaceAll(/:root\b/g, ':host')
    .replaceAll(/@media\s*\(((?:min|max)-width:[^)]*)\)/g, '@container segfit ($1)');
}

let shared: CSSStyleSheet | null = null;

/** Gives a shadow tree its style; all trees share one sheet where the browser can. */
export function addStyle(root: ShadowRoot): void {
  const text = [pageCss, runCss, shareCss].map(shadowCss).join('\n') + ownCss;
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    if (shared === null) {
      shared = new CSSStyleSheet();
      shared.replaceSync(text);
    }
    root.adoptedStyleSheets = [shared];
    return;
  }
  const style = document.createElement('style');
  style.textContent = text;
  (root as ShadowRoot).append(style);
}
