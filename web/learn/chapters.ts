// SPDX-License-Identifier: MIT
/** The eight chapters. Each has its own heap, small enough to be shown whole. */
import { policies } from 'segfit/core';

import { isFree, type Snapshot } from '../model/heap/snapshot.ts';
import { CallScript } from './call_script.ts';
import type { Chapter, Oracle, Prose, Question } from './chapter.ts';

const prose = (text: string): Prose => ({ kind: 'prose', text });
const question = (rest: Omit<Question, 'kind'>): Question => ({ kind: 'question', ...rest });
const end = (operation: number): { operation: number; moment: number } => ({
  operation,
  moment: Infinity,
});

/** Returns the class that the search of a call found. */
function foundBy(oracle: Oracle, operation: number): number {
  const { events } = oracle.execution(operation);
  return events.find(({ kind }) => kind === 'take')?.b ?? -1;
}

/** Returns the first free block in address order of at least that size, or 0. */
function firstFit(snapshot: Snapshot, size: number): number {
  const { blocks } = snapshot;
  for (let index = 0; index < blocks.count; index++) {
    if (isFree(snapshot, index) && blocks.size[index]! >= size) {
      return blocks.address[index]!;
    }
  }
  return 0;
}

/**
 * Allocates blocks with a small used block after each, and frees them, so that the free blocks do
 * not merge.
 */
function holes(...sizes: readonly number[]): { calls: CallScript; freed: number } {
  const calls = new CallScript();
  const ids = sizes.map((size) => {
    const id = calls.malloc(size);
    calls.malloc(12);
    return id;
  });
  calls.free(...ids);
  return { calls, freed: calls.operations.length };
}

// ---------------------------------------------------------------------------------------- headers

function headers(): Chapter {
  const calls = new CallScript();
  calls.mallocs(24, 100, 1);
  calls.malloc(20);
  return {
    title: 'Bytes and headers',
    panels: ['map', 'block'],
    operations: calls.operations,
    settings: { size: 2048, limit: 2048, columns: 8 },
    parts: [
      prose(
        'Memory is a row of bytes, and an [empty heap](0) is one free block of them. A ' +
          'program asks: `malloc(24)` wants 24 bytes, and gets the [address of the first](1).',
      ),
      prose(
        'When it frees that block it gives back the address and nothing else. So the ' +
          'allocator must have written down how long the block is. It did, in one word [right ' +
          'before](2) the program’s bytes: the header. The lowest bits of a size are always 0, ' +
          'since sizes are multiples of 8; they are used to say whether the block is free.',
      ),
      prose(
        'Even [one byte](3) takes a whole smallest block: once it is free, its links must ' +
          'fit in it.',
      ),
      question({
        text: 'Next comes `malloc(20)`. How many bytes will its block take, header and all?',
        at: 3,
        answer: 'choice',
        choices: ['20 bytes', '24 bytes', '32 bytes'],
        truth: (oracle) => [20, 24, 32].indexOf(oracle.classes.blockFor(20)),
        because: '20 bytes and a header of 4 are 24, which is a multiple of 8 already.',
        shows: end(4),
      }),
    ],
  };
}

// ---------------------------------------------------------------------------------------- merging

function merging(): Chapter {
  const calls = new CallScript();
  const [first, middle, last] = calls.mallocs(200, 120, 160, 40);
  calls.free(first!, last!, middle!);
  return {
    title: 'Neighbours that merge',
    panels: ['map', 'block'],
    operations: calls.operations,
    settings: { size: 2048, limit: 2048, columns: 8 },
    parts: [
      prose(
        'Four blocks [lie side by side](4). The first [is freed](5), then [the third](6). ' +
          'Left as they are, free blocks would get smaller and smaller: what was cut must be ' +
          'joined again.',
      ),
      prose(
        'The block behind is easy to find: it begins where this one ends. The one before is ' +
          'harder, since its header is at its far end. So a free block repeats its size in its ' +
          'last word, and a bit in the next header says that it may be read. This is called a ' +
          'boundary tag.',
      ),
      question({
        text:
          'Now the block between the two free ones is freed. Click the block, in the map, ' +
          'whose header will describe its bytes afterwards.',
        at: 6,
        answer: 'block',
        truth: (oracle) => {
          const { events } = oracle.execution(7);
          return events.filter(({ kind }) => kind === 'insert').at(-1)!.block;
        },
        because:
          'Both neighbours are free, so all three become one, and its header is that of the ' +
          'first. Two looks, one to each side: no list was walked.',
        shows: end(7),
      }),
      prose('Step through it: [given back](7.0), [the left one](7.1), [done](7).'),
    ],
  };
}

// --------------------------------------------------------------------------------------- one list

function oneList(): Chapter {
  const sizes = [24, 60, 40, 100, 32, 150, 80, 48, 300, 56];
  const { calls, freed } = holes(...sizes);
  calls.malloc(120);
  return {
    title: 'One list, and why it is slow',
    panels: ['map'],
    operations: calls.operations,
    settings: { size: 4096, limit: 4096, columns: 8 },
    parts: [
      prose(
        'A program has run for a while, and [holes of all sizes](' +
          freed +
          ') are left. ' +
          'The oldest way to serve a request is first fit: go through the free blocks from the ' +
          'beginning, and take the first that is large enough.',
      ),
      question({
        text: 'Be the allocator. The request is `malloc(120)`: click what first fit takes.',
        at: freed,
        answer: 'block',
        truth: (oracle) => firstFit(oracle.after(freed), oracle.classes.blockFor(120)),
        because:
          'You looked at five holes that were too small. With a hundred thousand holes it ' +
          'can be that many, which cannot be predicted: a game misses its frame, a brake ' +
          'its deadline.',
        shows: end(freed),
      }),
      prose(
        'The allocator on this page never walks. See [which block it takes](' +
          (freed + 1) +
          '), and in the next chapters how it can know.',
      ),
    ],
  };
}

// ------------------------------------------------------------------------------------------ lists

function lists(): Chapter {
  const { calls, freed } = holes(16, 24, 24, 40, 40, 40, 56);
  calls.malloc(36);
  return {
    title: 'A list for each size',
    panels: ['matrix', 'list', 'map'],
    operations: calls.operations,
    settings: { size: 4096, limit: 4096, columns: 16 },
    parts: [
      prose(
        'Keep free blocks [sorted by size](' +
          freed +
          '): a list for those of 16 bytes, one ' +
          'for 24, one for 32. Each cell of the first row is such a list, and its number says ' +
          'how many it holds.',
      ),
      prose(
        'The lists take no memory of their own. No program uses a free block, so the links to ' +
          'the next and the previous one lie [inside it](class 48).',
      ),
      question({
        text: 'The program calls `malloc(36)`. Click the cell whose list can serve it at once.',
        at: freed,
        answer: 'class',
        truth: (oracle) => foundBy(oracle, freed + 1),
        because:
          '36 bytes and a header are 40, but that list is empty: the nearest that holds ' +
          'something is the next, 48. Its first block is taken; no other is looked at.',
        shows: end(freed + 1),
      }),
      prose(
        'With 8-byte steps up to a megabyte this would be 131,072 lists. That is too many, ' +
          'and the next chapter has the remedy.',
      ),
    ],
  };
}

// ----------------------------------------------------------------------------------------- levels

function levels(): Chapter {
  const { calls, freed } = holes(20, 100, 196, 250, 500, 900, 1500, 3000);
  return {
    title: 'Two levels: powers of two, cut evenly',
    panels: ['matrix', 'list'],
    operations: calls.operations,
    settings: { size: 16384, limit: 16384, columns: 16 },
    parts: [
      prose(
        'A row for [each power of two](' +
          freed +
          '): from 128, from 256, from 512. Large ' +
          'blocks need less precise classes than small ones; what matters is the share ' +
          'that is wasted.',
      ),
      prose(
        'Each row is cut into 16 equal columns, so within a row no two sizes of a class ' +
          'differ by more than a sixteenth. Fourteen rows of 16 go up to a megabyte: 224 lists ' +
          'instead of 131,072.',
      ),
      question({
        text: 'A block of 200 bytes is free. Click the cell that holds it.',
        at: freed,
        answer: 'class',
        truth: (oracle) => oracle.classes.of(200),
        because:
          '200 lies between 128 and 256, whose row goes in steps of 8: (200 − 128) ÷ 8 is ' +
          'column 9. The computer needs no division: the position of the highest bit is the ' +
          'row, the four bits behind it are the column.',
        shows: end(freed),
      }),
      question({
        text: 'And a block of 1,504 bytes?',
        at: freed,
        answer: 'class',
        truth: (oracle) => oracle.classes.of(1504),
        because:
          'From 1,024 on steps are 64 wide: (1504 − 1024) ÷ 64 = 7.5, column 7. All blocks ' +
          'from 1,472 to 1,528 share that list.',
        shows: end(freed),
      }),
    ],
  };
}

// ---------------------------------------------------------------------------------------- bitmaps

function bitmaps(): Chapter {
  const { calls, freed } = holes(60, 130, 170, 700, 1800);
  calls.malloc(90);
  calls.malloc(190);
  const [same, other] = [freed + 1, freed + 2];
  return {
    title: 'Two words of bits instead of a search',
    panels: ['caption', 'search', 'matrix', 'map'],
    operations: calls.operations,
    settings: { size: 8192, limit: 8192, columns: 16 },
    parts: [
      prose(
        'Going from list to list until one [holds something](' +
          freed +
          ') would be a walk ' +
          'again. So each row has a word of bits, one a column, set where a list is not empty; ' +
          'and one word has a bit for each row.',
      ),
      question({
        text:
          '`malloc(90)` needs 96 bytes, and that list is empty. Click the cell where the ' +
          'search ends.',
        at: freed,
        answer: 'class',
        truth: (oracle) => foundBy(oracle, same),
        because:
          'Columns below its own are masked out, and one instruction, count trailing zeros, ' +
          'gives the first bit that is left. If the row has none, the same is done with the ' +
          'bits of the rows.',
        shows: end(same),
      }),
      question({
        text: 'Then `malloc(190)`. Where does that search end?',
        at: same,
        answer: 'class',
        truth: (oracle) => foundBy(oracle, other),
        because:
          'Two looks, whatever the heap: one at the columns of its row, one at the rows. ' +
          'That is the whole search, with ten holes or ten million.',
        shows: end(other),
      }),
      prose(`Watch both, [step](${same}.0) by [step](${other}.0).`),
    ],
  };
}

// --------------------------------------------------------------------------------------- good fit

function goodFit(): Chapter {
  const calls = new CallScript();
  const hole = calls.malloc(1036);
  calls.malloc(12);
  // Use up the rest, so that only the hole is free. The sizes begin a class, since the stock policy
  // finds no other block of exactly that size.
  calls.malloc(892);
  calls.malloc(12);
  calls.free(hole);
  const freed = calls.operations.length;
  calls.malloc(1030);
  return {
    title: 'Good fit, and the puzzle of 1,040 and 1,030',
    panels: ['caption', 'why', 'matrix', 'map'],
    operations: calls.operations,
    settings: { size: 2472, limit: 2472, columns: 16, policy: policies.stock },
    parts: [
      prose(
        'A list holds blocks of a range of sizes, and looking for the right one among them ' +
          'would be a walk. The published algorithm therefore rounds a request up to the next ' +
          'class, all of whose blocks fit. This is good fit: not the best block, but one ' +
          'without looking.',
      ),
      question({
        text: `One block is free, of [1,040 bytes](${freed}). Does \`malloc(1030)\` succeed?`,
        at: freed,
        answer: 'choice',
        choices: ['Yes, it fits', 'No, it fails'],
        truth: (oracle) => (oracle.execution(freed + 1).outcome.result === 'failed' ? 1 : 0),
        because:
          'The block would do. But its class begins at 1,024, so the search starts in the ' +
          'next, at 1,088, and finds nothing there.',
        shows: end(freed + 1),
      }),
      prose(
        'segfit looks at the head of the request’s own class first, which is one comparison. ' +
          '[Run the same calls](policy ' +
          policies.probe +
          ') with that policy and see the ' +
          '[last one](' +
          (freed + 1) +
          '). And [back to the published one](policy ' +
          policies.stock +
          ').',
      ),
    ],
  };
}

// ------------------------------------------------------------------------------------- worst case

function worstCase(): Chapter {
  const calls = new CallScript();
  const ids = Array.from({ length: 24 }, () => calls.malloc(124));
  calls.malloc(60);
  const full = calls.operations.length;
  calls.free(...ids.filter((_, index) => index % 2 === 0));
  const comb = calls.operations.length;
  calls.malloc(200);
  calls.free(...ids.filter((_, index) => index % 2 === 1));
  return {
    title: 'The limits of every allocator',
    panels: ['caption', 'why', 'map', 'matrix'],
    operations: calls.operations,
    settings: { size: 3640, limit: 3640, columns: 16 },
    parts: [
      prose(
        'A heap is [full of equal blocks](' +
          full +
          ') and every second one [is freed](' +
          comb +
          '). Half of it is free. This is a comb, the worst that a program can do to ' +
          'any allocator that does not move blocks.',
      ),
      question({
        text: '1,536 bytes are free, and the program asks for 200. What does it get?',
        at: comb,
        answer: 'choice',
        choices: ['A block', 'NULL'],
        truth: (oracle) => (oracle.execution(comb + 1).outcome.result === 'failed' ? 1 : 0),
        because: 'No two free blocks are neighbours, and none is larger than 128 bytes.',
        shows: end(comb + 1),
      }),
      prose(
        'Once [the others are freed](' +
          (comb + 2) +
          '-' +
          calls.operations.length +
          ') ' +
          'everything merges, and nothing of the comb is left. The time of each call was the ' +
          'same in the comb and in the empty heap.',
      ),
      prose(
        'So choose it where a bound on time counts, where blocks of all sizes come and go, ' +
          'or where memory is small and known. For objects of one size a simple pool is less; ' +
          'for many threads at once others are built; and where nothing is ever freed, adding ' +
          'to a pointer is enough.',
      ),
    ],
  };
}

export const chapters: readonly Chapter[] = [
  headers(),
  merging(),
  oneList(),
  lists(),
  levels(),
  bitmaps(),
  goodFit(),
  worstCase(),
];
