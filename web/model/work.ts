// SPDX-License-Identifier: MIT
/** Work that can pause, so that a page answers while a million calls are read and executed. */

/** Yields the share that is done, from 0 to 1, wherever it may pause. */
export type Work<T> = Generator<number, T>;

/** Milliseconds of work between two pauses: the page misses one or two frames. */
const slice = 25;

/** Does it all at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

/**
 * Does it in slices, and tells how far it is after each. Where `goesOn` says no, it stops for good
 * and gives null.
 */
export async function inSlices<T>(
  work: Work<T>,
  tell: (share: number) => void,
  goesOn: () => boolean = () => true,
): Promise<T | null> {
  let begin = performance.now();
  while (goesOn()) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
    if (performance.now() - begin > slice) {
      tell(step.value);
      await new Promise((done) => setTimeout(done));
      begin = performance.now();
    }
  }
  return null;
}
