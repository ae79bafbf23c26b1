// SPDX-License-Identifier: MIT
/**
 * Scrolls an element into view, which narrow screens need, where prose and panels are one below the
 * other.
 */
export function reveal(element: Element): void {
  const { top, bottom } = element.getBoundingClientRect();
  const seen = Math.min(bottom, innerHeight) - Math.max(top, 0);
  if (seen > Math.min(bottom - top, innerHeight) / 2) {
    return;
  }
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'start', behavior: still ? 'instant' : 'smooth' });
}
