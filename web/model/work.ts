// SPDX-License-Identifier: MIT
/**
 * Work that can pause, so that a page stays responsive while it reads and executes a million calls.
 */

/** A generator that yields the completed share, from 0 to 1, wherever it may pause. */
export type Work<T> = Generator<number, T>;

/** Milliseconds of work between two pauses. The page skips one or two frames. */
const slice = 25;

/** Performs the whole work at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

/**
 * Performs work in slices and reports the completed share after each. Returns null if `goesOn`
 * returns false, which abandons the work.
 */
export async function inSlices<T>(
  work: Work<T>,
  report: (share: number) => void,
  goesOn: () => boolean = () => true,
): Promise<T | null> {
  let begin = performance.now();
  while (goesOn()) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
    if (performance.now() - begin > slice) {
      report(step.value);
      await new Promise((done) => setTimeout(done));
      begin = performance.now();
    }
  }
  return null;
}
