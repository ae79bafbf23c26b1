// SPDX-License-Identifier: MIT
/** A contender's thread, as its questioner sees it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const file = new URL('worker.mjs', import.meta.url);

export class Thread {
  #worker;

  /** Starts a thread for the contender `name` with `live` blocks. */
  static async start(name, live, seed) {
    const thread = new Thread();
    thread.#worker = new Worker(file, { workerData: { name, live, seed } });
    await thread.#answer();
    return thread;
  }

  async #answer() {
    const [answer] = await once(this.#worker, 'message');
    return answer;
  }

  /** Has it do a task of worker.mjs; nobody else should work meanwhile. */
  do(task, given = {}) {
    this.#worker.postMessage([task, given]);
    return this.#answer();
  }

  end() {
    return this.#worker.terminate();
  }
}
