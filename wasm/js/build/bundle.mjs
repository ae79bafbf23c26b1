// SPDX-License-Identifier: MIT
// Bundles wasm/js into dist/: the entries for all hosts, and variants for hosts that need their
// own.
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder wasm/js. */
const sources = fileURLToPath(new URL('..', import.meta.url));

/**
 * Entries of the package, each a sub-path, that run on every host with JavaScript and WebAssembly.
 */
export const entries = ['index', 'core'];
/** Entries that re-export a part of `index`, in the variant that the host selects. */
export const partEntries = ['tracing'];
/** Entries that need a file system, as Node has. */
export const nodeEntries = ['malloc'];
/**
 * Conditions of package.json for hosts that compile only files of the deployed program, not bytes,
 * and the suffix of a file's name in an import there.
 */
export const fileHosts = { workerd: '', 'edge-light': '?module' };

const extensions = { es: 'js', cjs: 'cjs' };

const settings = (outDir, format, entry) => ({
  root: sources,
  configFile: false,
  // Vite's own folder "public" holds files to copy; this one holds sources.
  publicDir: false,
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

const entryFile = (name) => join(sources, 'public', `${name}.ts`);
const byName = (names) => Object.fromEntries(names.map((name) => [name, entryFile(name)]));

const standIns = { 'compiled.ts': 'compiled_file.ts', 'hex.ts': 'hex_file.ts' };

/** Replaces modules by their stand-ins, and leaves imports of files to the host. */
const fromFiles = (suffix) => ({
  name: 'segfit-from-files',
  enforce: 'pre',
  resolveId(source) {
    const standIn = standIns[basename(source)];
    if (standIn !== undefined) return join(sources, 'internal', standIn);
    return source.endsWith('.wasm') ? { id: source + suffix, external: true } : null;
  },
});

/** Imports `index` by the package's own name, so that the host selects its variant. */
const byOwnName = {
  name: 'segfit-by-own-name',
  enforce: 'pre',
  resolveId: (source) => (source === './index.ts' ? { id: 'segfit', external: true } : null),
};

/** The files that bundle() writes. */
export const bundled = [
  ...[...entries, ...partEntries, ...nodeEntries].flatMap((name) => [`${name}.js`, `${name}.cjs`]),
  ...Object.keys(fileHosts).map((host) => `index.${host}.js`),
];

export async function bundle(outDir) {
  const { build } = await import('vite');
  for (const format of ['es', 'cjs']) {
    await build(settings(outDir, format, byName(entries)));
    await build({ ...settings(outDir, format, byName(partEntries)), plugins: [byOwnName] });
    const node = settings(outDir, format, byName(nodeEntries));
    await build({ ...node, build: { ...node.build, ssr: true } });
  }
  for (const [host, suffix] of Object.entries(fileHosts)) {
    const entry = { [`index.${host}`]: entryFile('index') };
    await build({ ...settings(outDir, 'es', entry), plugins: [fromFiles(suffix)] });
  }
}
