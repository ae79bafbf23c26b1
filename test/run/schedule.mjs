// SPDX-License-Identifier: MIT
/** Runs work side by side as far as there are processors for it. */

/**
 * Does `work` on all of `items`, each of which keeps `cores` processors busy, while the sum of
 * those that run is at most `processors`; an item that wants more runs alone. Items of one
 * processor begin as early as they can, beside one another. Returns the results in the order of
 * `items`.
 */
export async function inOrderOfCores(items, processors, work) {
  const results = [];
  const waiting = [...items.entries()];
  const running = new Set();
  let free = processors;
  const wants = ({ cores }) => Math.min(cores, processors);
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(([, item]) => wants(item) <= free);
    if (next < 0) {
      await Promise.race(running);
      continue;
    }
    const [[index, item]] = waiting.splice(next, 1);
    free -= wants(item);
    const job = work(item).then((result) => {
      results[index] = result;
      free += wants(item);
      running.delete(job);
    });
    running.add(job);
  }
  return results;
}
