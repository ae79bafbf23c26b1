// SPDX-License-Identifier: MIT
// Bundles of wasm/js for dist/: what everybody gets, and the variants for hosts of their own kind.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Entries of the package, each a sub-path, that run wherever JavaScript and WebAssembly do. */
export const entries = ['index', 'core'];
/** Entries that are of use beside files, so in Node and its like. */
export const nodeEntries = ['malloc'];
/**
 * Conditions of package.json under which a host compiles no bytes but the file it is given when a
 * program is deployed, and how that file is imported there.
 */
export const fileHosts = { workerd: './segfit.wasm', 'edge-light': './segfit.wasm?module' };

const extensions = { es: 'js', cjs: 'cjs' };

const settings = (outDir, format, entry) => ({
  root: here,
  configFile: false,
  logLevel: 'warn',
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    minify: false,
    lib: {
      entry,
      formats: [format],
      fileName: (_format, name) => `${name}.${extensions[format]}`,
    },
    rollupOptions: { output: { chunkFileNames: `shared.${extensions[format]}` } },
  },
});

const byName = (names) => Object.fromEntries(names.map((name) => [name, join(here, `${name}.ts`)]));

/** Puts compiled_file.ts in the place of compiled.ts, and leaves its import to the host. */
const fromFile = (specifier) => ({
  name: 'segfit-from-file',
  enforce: 'pre',
  resolveId(source) {
    if (source === './compiled.ts') return join(here, 'compiled_file.ts');
    return source === './segfit.wasm' ? { id: specifier, external: true } : null;
  },
});

/** The files that bundle() writes. */
export const bundled = [
  ...[...entries, ...nodeEntries].flatMap((name) => [`${name}.js`, `${name}.cjs`]),
  ...Object.keys(fileHosts).map((host) => `index.${host}.js`),
];

export async function bundle(outDir) {
  const { build } = await import('vite');
  for (const format of ['es', 'cjs']) {
    await build(settings(outDir, format, byName(entries)));
    const node = settings(outDir, format, byName(nodeEntries));
    await build({ ...node, build: { ...node.build, ssr: true } });
  }
  for (const [host, specifier] of Object.entries(fileHosts)) {
    const entry = { [`index.${host}`]: join(here, 'index.ts') };
    await build({ ...settings(outDir, 'es', entry), plugins: [fromFile(specifier)] });
  }
}
