// SPDX-License-Identifier: MIT
const sized = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const text = (letters: string): number[] => sized([...Buffer.from(letters, 'latin1')]);
const section = (id: number, ...entries: number[][]): number[] => {
  const bytes = [entries.length, ...entries.flat()];
  return [id, (bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
};

/**
 * A user's module, as a C compiler produces it. It imports memory and C's functions. It exports its
 * imports and a function keep(value) that stores the value in a new block. `shared` selects a
 * shared memory.
 */
export function userModule(shared = false): WebAssembly.Module {
  const i32 = 0x7f;
  const [i_i, ii_i, i_] = [0, 1, 2];
  const imports: [string, number][] = [
    ['malloc', i_i],
    ['calloc', ii_i],
    ['realloc', ii_i],
    ['free', i_],
    ['aligned_alloc', ii_i],
    ['malloc_usable_size', i_i],
  ];
  // local 1 = malloc(4); i32.store(local 1, local 0); return local 1
  const keep = [1, 1, i32, 0x41, 4, 0x10, 0, 0x22, 1, 0x20, 0, 0x36, 2, 0, 0x20, 1, 0x0b];
  return new WebAssembly.Module(
    Uint8Array.from([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      ...section(1, [0x60, 1, i32, 1, i32], [0x60, 2, i32, i32, 1, i32], [0x60, 1, i32, 0]),
      ...section(
        2,
        [...text('env'), ...text('memory'), 2, ...(shared ? [3, 1, 0x80, 0x80, 4] : [0, 1])],
        ...imports.map(([name, type]) => [...text('env'), ...text(name), 0, type]),
      ),
      ...section(3, [i_i]),
      ...section(7, ...imports.map(([name], index) => [...text(name), 0, index]), [
        ...text('keep'),
        0,
        imports.length,
      ]),
      ...section(10, sized(keep)),
    ]),
  );
}
