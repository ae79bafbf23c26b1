// SPDX-License-Identifier: MIT
/**
 * `npm run fuzz:mutants [part of a name]`: known bugs of allocators, planted one at a time in a copy
 * of src/, each of which the fuzzers must find. A fuzzer that cannot find a bug which is there proves
 * nothing.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../../wasm/toolchain/paths.mjs';
import { command, Failure } from '../../../wasm/toolchain/steps.mjs';
import { commandArguments, UsageError } from '../../../wasm/toolchain/arguments.mjs';
import { buildTarget, findFuzzer, fuzz, out, unpackCorpus } from './fuzzer.mjs';

const SECONDS = 180;

const requestInRealloc =
  'const size_t wanted = heap_request(heap, block, size);\n    if (wanted == 0) {\n        return ';

/** The replaced text must stand in the file exactly once, so that no mutant silently disappears. */
const mutants = [
  {
    name: 'an overflowing size gets a small block',
    source: 'mattconte/tlsf#22',
    file: 'block.h',
    from: 'if (SEGFIT_UNLIKELY(size > MAX_BLOCK - BLOCK_AROUND)) {\n        return 0;',
    to: 'if (SEGFIT_UNLIKELY(size > MAX_BLOCK - BLOCK_AROUND)) {\n        return MIN_BLOCK;',
  },
  {
    name: 'an overflowing realloc returns the old block',
    source: 'mattconte/tlsf#22, lvgl#3324',
    file: 'alloc.c',
    from: `${requestInRealloc}NULL;`,
    to: `${requestInRealloc}ptr;`,
  },
  {
    name: 'a pool may be larger than the largest class',
    source: 'mattconte/tlsf#9',
    file: 'pool.h',
    from: 'return holds < largest ? holds : largest;',
    to: 'return holds < largest + SEGFIT_ALIGN ? holds : largest;',
  },
  {
    name: 'a size that rounds past the last class is searched there',
    source: 'mattconte/tlsf#2, VMA#231',
    file: 'search.h',
    from: 'SEGFIT_UNLIKELY(floor >= classes)',
    to: 'SEGFIT_UNLIKELY(floor > classes)',
  },
  {
    name: 'a freed block does not serve its size again',
    source: 'espressif/tlsf#2, rlsf#15',
    file: 'search.h',
    from: 'head != NULL && heap_listed_fits(heap, head, size);',
    to: 'head != NULL && heap_listed_fits(heap, head, size + SEGFIT_ALIGN);',
  },
  {
    name: 'a small request gets the whole block',
    source: 'sysprog21/tlsf-bsd',
    file: 'cut.h',
    from: 'const size_t rest = all - size;',
    to: 'const size_t rest = all >= 4096 ? 0 : all - size;',
  },
  {
    name: 'a gap in front of an aligned block is too small for a block',
    source: 'odin#4820, musllibc#17',
    file: 'aligned.h',
    from: 'return gap == 0 || gap >= MIN_BLOCK ? gap',
    to: 'return gap == 0 || gap >= MIN_BLOCK / 2 ? gap',
  },
  {
    name: 'growth is one block too short',
    source: 'talc#49',
    file: 'pools.c',
    from: 'pool->end = block_behind(block, added);',
    to: 'pool->end = block_behind(block, added + SEGFIT_ALIGN);',
  },
  {
    name: 'freeing does not merge with the block behind',
    source: 'wee_alloc#106',
    file: 'release.h',
    from: 'if (block_is_free(next)) {\n        const size_t next_size',
    to: 'if (block_is_free(next) && size > 4096) {\n        const size_t next_size',
  },
  {
    name: 'a product that overflows is not noticed',
    source: 'hardened_malloc calloc_overflow',
    file: 'bits.h',
    from: '? SIZE_MAX : product;',
    to: '? product : product;',
  },
  {
    name: 'calloc trusts memory that was used',
    source: 'emscripten: sbrk after a shrink',
    file: 'cut.h',
    from: 'heap->fresh_begin = end;',
    to: 'heap->fresh_begin = end - SEGFIT_ALIGN;',
  },
  {
    name: 'another taker of memory is not noticed',
    source: 'wasi-libc#377',
    file: 'growable.c',
    from: '(char *)last->end + WORD != memory',
    to: '(char *)last->end + WORD > memory',
  },
  {
    name: 'realloc copies the header as well',
    source: 'this project',
    file: 'alloc.c',
    from: ': wanted - WORD;\n        SEGFIT_ASSERT(moved',
    to: ': wanted;\n        SEGFIT_ASSERT(moved',
  },
  {
    name: 'a footer is left behind',
    source: 'this project',
    file: 'block.h',
    from: '*block_footer_before(block_behind(block, size)) = footer_of(size);',
    to: '(void)size;',
  },
  {
    name: 'a column bit stays set',
    source: 'this project',
    file: 'free_index.h',
    from: '*bitmap &= ~((uint32_t)1 << column);',
    to: '*bitmap &= ~((uint32_t)(column < 15) << column);',
  },
  {
    name: 'a failing call takes a block out of its list',
    source: 'this project',
    file: 'alloc.c',
    from: 'if (SEGFIT_UNLIKELY(index >= free_index_classes(heap))) {\n        const size_t floor',
    to:
      'if (SEGFIT_UNLIKELY(index >= free_index_classes(heap))) {\n' +
      '        heap->row_bitmap &= ~(size_t)1;\n        const size_t floor',
  },
  {
    name: 'a reset leaves headers that say "used"',
    source: 'this project',
    file: 'pools.c',
    from: '        heap_forget(heap);\n',
    to: '',
  },
  {
    name: 'memory comes with headers of an earlier heap',
    source: 'this project',
    file: 'pools.c',
    from: '        region_forget(block_behind(block, SEGFIT_ALIGN), pool->end, false);\n',
    to: '',
  },
  {
    name: 'a block that moves back leaves its header',
    source: 'this project',
    file: 'resize.h',
    from: '    block_set_header(block, block_header(block) | BLOCK_FREE);\n',
    to: '',
  },
  {
    name: 'a block that merges with the one before leaves its header',
    source: 'this project',
    file: 'release.h',
    from: '        block_set_header(block, block_header(block) | BLOCK_FREE);\n',
    to: '',
  },
  {
    name: 'the check follows a chain in a circle',
    source: 'this project',
    target: 'corruption',
    file: 'check.c',
    from: 'if (pool->next != NULL && pool->next == slow) {',
    to: 'if (pool->next != NULL && pool->next == slow && slow == pool) {',
  },
  {
    name: 'the check believes a size that leaves the pool',
    source: 'this project',
    target: 'corruption',
    file: 'check.c',
    from: '|| size > room) {',
    to: '|| size > room + 64) {',
  },
  {
    name: 'the check believes a link out of the pools',
    source: 'this project',
    target: 'corruption',
    file: 'check.c',
    from: 'return block_is_plausible(heap, block) && block_size(block) >= MIN_BLOCK &&',
    to: 'return block_size(block) >= MIN_BLOCK &&',
  },
  {
    name: 'a pointer is believed to have a neighbour in the heap',
    source: 'this project',
    target: 'corruption',
    file: 'bounds.h',
    from: 'return units + (MIN_BLOCK / SEGFIT_ALIGN - 1U) < room >> ALIGN_LOG2;',
    to: 'return units + (MIN_BLOCK / SEGFIT_ALIGN - 1U) < SIZE_MAX >> ALIGN_LOG2;',
  },
];

/** A copy of the library with the bug in it. */
function plant(mutant, folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  for (const part of ['src', 'include']) {
    fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  }
  const file = path.join(folder, 'src', 'core', mutant.file);
  const text = fs.readFileSync(file, 'utf8');
  const count = text.split(mutant.from).length - 1;
  if (count !== 1) {
    throw new Failure(`"${mutant.name}": what it replaces stands ${count} times in ${mutant.file}`);
  }
  fs.writeFileSync(
    file,
    text.replace(mutant.from, () => mutant.to),
  );
}

/** Whether the corpus alone, or fuzzing from it, finds the mutant; says how. */
async function isFound(clang, mutant, index) {
  const target = mutant.target ?? 'operations';
  const folder = path.join(out, `mutant-${index}`);
  plant(mutant, folder);
  const program = await buildTarget(clang, target, {
    folder,
    name: `mutant-${index}`,
  });
  const corpus = path.join(folder, 'corpus');
  unpackCorpus(target, corpus);
  const begin = Date.now();
  const fixed = await fuzz(program, corpus, SECONDS, ['-runs=0']);
  const result = fixed.found ? fixed : await fuzz(program, corpus, SECONDS);
  const time = ((Date.now() - begin) / 1000).toFixed(1);
  const how = fixed.found ? 'by the corpus' : `after ${result.runs} inputs`;
  const verdict = result.found ? `found ${how}, ${time} s` : `NOT FOUND in ${time} s`;
  console.log(`  ${verdict}: ${mutant.name} (${mutant.source})`);
  return result.found;
}

await command(async () => {
  const { names } = commandArguments({
    usage: 'usage: npm run fuzz:mutants [-- PART-OF-A-NAME]',
    most: 1,
  });
  const only = names[0];
  if (only !== undefined && !mutants.some(({ name }) => name.includes(only))) {
    throw new UsageError(`no mutant is named like ${JSON.stringify(only)}`);
  }
  const clang = await findFuzzer();
  let found = 0;
  let tried = 0;
  for (const [index, mutant] of mutants.entries()) {
    if (only !== undefined && !mutant.name.includes(only)) continue;
    tried++;
    found += (await isFound(clang, mutant, index)) ? 1 : 0;
  }
  console.log(`${found} passed, ${tried - found} failed`);
  return tried > 0 && found === tried ? 0 : 1;
});
