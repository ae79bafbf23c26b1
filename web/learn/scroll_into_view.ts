// SPDX-License-Identifier: MIT
/** Where prose and panels stand one below the other, what happens may be out of sight. */
export function reveal(element: Element): void {
  const { top, bottom } = element.getBoundingClientRect();
  const seen = Math.min(bottom, innerHeight) - Math.max(top, 0);
  if (seen > Math.min(bottom - top, innerHeight) / 2) {
    return;
  }
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'start', behavior: still ? 'instant' : 'smooth' });
}
