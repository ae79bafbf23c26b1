// SPDX-License-Identifier: MIT
/** Applies the page's style sheets inside a shadow tree. */
import runCss from '../run.css?inline';
import shareCss from '../share.css?inline';
import pageCss from '../style.css?inline';
import ownCss from './view.css?inline';

/**
 * Rewrites styles of the page's root for the element, and queries of the window's width for the
 * element's.
 */
export function shadowCss(css: string): string {
  return css
    .replaceAll(/:root\b/g, ':host')
    .replaceAll(/@media\s*\(((?:min|max)-width:[^)]*)\)/g, '@container segfit ($1)');
}

let shared: CSSStyleSheet | null = null;

/** Adds the style to a shadow tree. All trees share one sheet if the browser supports it. */
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
