// SPDX-License-Identifier: MIT
/**
 * Programs of users in TypeScript that use all of the package, and how their projects may be set
 * up.
 */

/** The names that a program can use, by `lib`, `types` and the version of TypeScript. */
const hosts = {
  page: `
    const instance = new WebAssembly.Instance(module, { env: { memory: pool.memory } });
    const given = new segfit.Pool({ memory: new WebAssembly.Memory({ initial: 1 }) });
    const element: HTMLElement | Promise<HTMLElement> = view.attach(pool, document.body);
    new Worker('').postMessage(shared.share());
    for (const shown of document.querySelectorAll('segfit-view')) shown.seek(1, 2);
    export const host = [instance, given, element];`,
  worker: `
    declare const self: DedicatedWorkerGlobalScope;
    const compiled: WebAssembly.Module = module;
    const given: WebAssembly.Memory = pool.memory;
    self.onmessage = ({ data }) => segfit.Pool.attach(data);
    self.postMessage(shared.share(), []);
    export const host = [compiled, given];`,
  node: `
    new Worker('', { workerData: shared.share() }).postMessage(shared.share());
    const inNode: Buffer = Buffer.from(pool.buffer, pool.alloc(8), 8);
    pool.free(inNode);
    export const host = inNode;`,
};

/** Where arrays have no parameter, as before TypeScript 5.7. */
const plain = `
  const floats: Same<typeof made.floats, Float32Array> = true;
  const bytes: Same<typeof made.bytes, Uint8Array> = true;
  const far: Same<typeof made.far, BigInt64Array> = true;
  const all: Same<typeof made.view, DataView> = true;
  const either: Same<typeof made.either, Int8Array | Uint16Array> = true;
  const words: Same<typeof made.words, Uint32Array> = true;
  export const same = [floats, bytes, far, all, either, words];`;

const withBuffers = `
  const floats: Same<typeof made.floats, Float32Array<ArrayBuffer>> = true;
  const bytes: Same<typeof made.bytes, Uint8Array<ArrayBuffer>> = true;
  const far: Same<typeof made.far, BigInt64Array<SharedArrayBuffer>> = true;
  const all: Same<typeof made.view, DataView<ArrayBuffer>> = true;
  const either: Same<typeof made.either, Int8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>> = true;
  const words: Same<typeof made.words, Uint32Array<ArrayBuffer>> = true;
  const named: Same<segfit.ViewOf<ArrayBuffer>['Int16Array'], Int16Array<ArrayBuffer>> = true;
  export const same = [floats, bytes, far, all, either, words, named];`;

const halves = `
  const half: Same<typeof halfMade, Float16Array<ArrayBuffer>> = true;
  const halfMade = pool.allocArray(Float16Array, 4);
  const halfView = shared.view(4, Float16Array, 2);
  const longerHalf: Float16Array<ArrayBuffer> = pool.reallocArray(halfMade, 8);
  const sharedHalf: Same<typeof halfView, Float16Array<SharedArrayBuffer>> = true;
  export const half16 = [half, sharedHalf, longerHalf, pool.block(8).as(Float16Array)];`;

const owned = `
  export function scoped(): number {
    using block = pool.block(8);
    using other = new segfit.Pool({});
    return block.pointer + other.byteOffset;
  }`;

const common = `
  type Same<A, B> =
    (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
  type IsAny<T> = 0 extends 1 & T ? true : false;
  const pool: segfit.Pool = new segfit.Pool({ size: 65536, tags: true });
  const shared: segfit.Pool<SharedArrayBuffer> = segfit.Pool.shared({ maxSize: 1 << 20 });
  const attached = segfit.Pool.attach(shared.share());
  const made = {
    floats: pool.allocArray(Float32Array, 4),
    bytes: pool.view(pool.alloc(8, { align: 16, zero: true, tag: 1 })),
    far: shared.allocArray(BigInt64Array, 4),
    view: pool.dataView(8),
    either: pool.allocArray(Math.random() < 0.5 ? Int8Array : Uint16Array, 4),
    words: pool.snapshot(),
  };
  class Vectors extends Float64Array {}
  const vectors: Float64Array = pool.allocArray(Vectors, 4);
  const longer: Float32Array = pool.reallocArray(made.floats, 8);
  const counts: number = pool.allocMany(new Uint32Array(4), new Uint32Array(4), 16);
  const { used, fragmentation }: segfit.PoolStats = pool.stats({ used: 1 });
  const ring: segfit.TraceRing = segfit.createTraceRing({ capacity: 8 });
  pool.trace({ ring, event: ({ kind, pointer }) => void (kind === 'alloc' && pointer) });
  const tags: number[] = [...pool.blocks()].map((each) => each.tag);
  const events = [...trace.createTraceRing().read(0)].map((event) => event.thread);
  const off: () => void = pool.onGrow((grown) => grown.byteLength);
  const malloc: (...given: number[]) => number = pool.imports().malloc;
  const module = shared.share().module!;
  const made2: core.Core = core.instantiate(module, pool.memory, { panic: (code) => void code });
  const reader = new core.HeapReader(pool, pool.heap, core.layoutOf(module));
  const heaped: number = reader.stats().used;
  const code = (error: unknown): segfit.ErrorCode | undefined =>
    segfit.isSegfitError(error) ? error.code : undefined;
  const block: segfit.Block = pool.block(8);
  const inBlock: Int32Array = block.as(Int32Array);
  const header: string = malloc4c.includeDir + malloc4c.archive('wasi', { variant: 'small' });
  view.defineView();
  define.defineView();
  const shown: Promise<view.SegfitViewElement> = view.attach({ memory: pool.memory, heap: 64 });
  // @ts-expect-error
  pool.allocArray(Array, 4);
  // @ts-expect-error
  pool.allocArray(DataView, 4);
  const memory: Same<IsAny<typeof pool.memory> | IsAny<typeof module>, false> = true;
  // @ts-expect-error
  pool.alloc('8');
  // @ts-expect-error
  new segfit.Pool({ sise: 8 });
  // @ts-expect-error: exactOptionalPropertyTypes
  new segfit.Pool({ label: undefined });
  // @ts-expect-error
  segfit.Pool.shared({ resizable: true });
  export const used1 = [
    attached, vectors, longer, counts, used, fragmentation, tags, events, off, malloc, made2, heaped,
    code, inBlock, header, shown, memory,
  ];`;

const names = {
  segfit: 'segfit',
  core: 'segfit/core',
  trace: 'segfit/trace',
  view: 'segfit/view',
  define: 'segfit/view/define',
  malloc4c: 'segfit/malloc',
};
const each = (line) => Object.entries(names).map(line).join('\n');
const imports = {
  esm: each(([name, from]) => `import * as ${name} from '${from}';`),
  cjs: each(([name, from]) => `import ${name} = require('${from}');`),
};

const workers = {
  esm: `import { Worker } from 'node:worker_threads';`,
  cjs: `import threads = require('node:worker_threads');\nconst { Worker } = threads;`,
};

/** A program as a module or as CommonJS. `version`: TypeScript's, as a number such as 5.07. */
function program(kind, { lib, types }, version, hasFloat16) {
  const has = (name) => lib.includes(name);
  return [
    imports[kind],
    ...(types.includes('node') ? [workers[kind]] : []),
    common,
    version < 5.07 ? plain : withBuffers,
    ...(hasFloat16 && has('ESNext') ? [halves] : []),
    ...(version >= 5.02 && has('ESNext') ? [owned] : []),
    ...(types.includes('node') ? [hosts.node] : has('DOM') ? [hosts.page] : []),
    ...(has('WebWorker') ? [hosts.worker] : []),
  ].join('\n');
}

const libraries = {
  'ES2022 alone': { lib: ['ES2022'], types: [] },
  'ES2022 and DOM': { lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] },
  'ESNext alone': { lib: ['ESNext'], types: [] },
  'ESNext and DOM': { lib: ['ESNext', 'DOM', 'DOM.Iterable'], types: [] },
  'ES2022 and WebWorker': { lib: ['ES2022', 'WebWorker'], types: [] },
  'ES2022 and Node': { lib: ['ES2022'], types: ['node'] },
  'ESNext, DOM and Node': { lib: ['ESNext', 'DOM', 'DOM.Iterable'], types: ['node'] },
};
/** How imports are resolved, by the files that are so: the extension, the kind of module. */
const resolutions = {
  NodeNext: { module: 'NodeNext', moduleResolution: 'NodeNext', files: { mts: 'esm', cts: 'cjs' } },
  Bundler: { module: 'ESNext', moduleResolution: 'Bundler', files: { ts: 'esm' } },
  // Not there any more in TypeScript 7, and refused without a further option in 6.
  Node10: { module: 'CommonJS', moduleResolution: 'Node10', files: { ts: 'esm' } },
};

/** The projects that differ most: every error seen so far showed in one of them. */
const telling = [
  'NodeNext, ES2022 alone',
  'NodeNext, ESNext, DOM and Node',
  'Bundler, ESNext and DOM',
  'Bundler, ES2022 and WebWorker',
];

/**
 * All projects for a version of TypeScript: name, options of the compiler, files by name, and
 * whether it is among those that differ most.
 */
export function projects(version, hasFloat16) {
  const found = [];
  for (const [how, { files, ...resolution }] of Object.entries(resolutions)) {
    if (how === 'Node10' && version >= 6) continue;
    for (const [where, library] of Object.entries(libraries)) {
      const texts = Object.entries(files).map(([extension, kind]) => [
        `app.${extension}`,
        program(kind, library, version, hasFloat16),
      ]);
      const options = {
        target: 'ES2022',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        ...resolution,
        ...library,
      };
      const name = `${how}, ${where}`;
      const sources = Object.fromEntries(texts);
      found.push({ name, telling: telling.includes(name), options, files: sources });
    }
  }
  return found;
}
