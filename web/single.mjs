// SPDX-License-Identifier: MIT
/**
 * Builds the page as one self-contained HTML file, which needs no server and no network: `npm run
 * build:single` writes dist/segfit.html.
 */
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

import { dist, isMain, root, writeIfChanged } from '../wasm/toolchain/paths.mjs';
import { bundlePage } from './build.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';

const target = join(dist, 'segfit.html');

/** Escapes the texts that a script may not contain inside a page. */
function insideScript(code) {
  return code.replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
}

function insideStyle(code) {
  return code.replaceAll(/<\/(style)/gi, '<\\/$1');
}

/** Returns the page's HTML with every referenced file inlined. */
export function assemble(html, files) {
  const contentOf = (name) => {
    const content = files.get(name.replace(/^\.\//, ''));
    if (content === undefined) {
      throw new Error(`the page refers to ${name}, which the build did not produce`);
    }
    return content;
  };
  // Module scripts in the head wait for the page; inline scripts go to its end.
  const scripts = [];
  const body = html
    .replaceAll(/<script type="module"[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g, (_, name) => {
      scripts.push(`<script type="module">${insideScript(contentOf(name))}</script>`);
      return '';
    })
    .replaceAll(/<link rel="stylesheet"[^>]*\bhref="([^"]+)"[^>]*>/g, (_, name) => {
      return `<style>${insideStyle(contentOf(name))}</style>`;
    })
    .replaceAll(/<link rel="icon"[^>]*\bhref="(\.?[^":]+)"[^>]*>/g, (_, name) => {
      const data = Buffer.from(contentOf(name)).toString('base64');
      return `<link rel="icon" href="data:image/svg+xml;base64,${data}">`;
    });
  return body.replace('</body>', () => `${scripts.join('\n')}\n</body>`);
}

export async function buildSingle({ log = () => {} } = {}) {
  const { output } = await bundlePage({
    write: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    rollupOptions: { output: { codeSplitting: false } },
  });
  const files = new Map(
    output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]),
  );
  const html = assemble(String(files.get('index.html')), files);
  const outside = html.match(/\b(?:src|href)="(?!data:|#)[^"]*"/g) ?? [];
  if (outside.length > 0) {
    throw new Error(`the file would still refer to ${outside.join(', ')}`);
  }
  writeIfChanged(target, html);
  const kibibytes = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;
  const packed = gzipSync(html, { level: 9 }).length;
  log(`${relative(root, target)}: ${kibibytes(html.length)}, ${kibibytes(packed)} gzipped`);
  return target;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: npm run build:single' });
    await buildSingle({ log: (line) => console.log(line) });
  });
}
