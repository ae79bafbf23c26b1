// SPDX-License-Identifier: MIT
/** The examples that are pages, served as `npm run examples` does, in a browser. */
import { root } from '../../wasm/toolchain/paths.mjs';
import { listen, staticServer } from '../../wasm/serve/server.mjs';

export const folder = 'docs/examples/js';

/** A server for the repository; `address` is where the examples begin. */
export async function serveExamples(port) {
  const server = staticServer(root);
  const address = `${await listen(server, port)}${folder}/`;
  return {
    address,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Opens an example; `problems` are the page's errors. */
export async function open(browser, url) {
  const tab = await browser.newPage();
  const problems = [];
  tab.on('pageerror', (error) => problems.push(String(error)));
  tab.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await tab.goto(url);
  return { tab, problems };
}
