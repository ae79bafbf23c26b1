// SPDX-License-Identifier: MIT
/** Results of the programs as tables: of every build, and one line a kind for docs/security.md. */
import {
  builds,
  moments,
  OTHERS,
  programs,
  runsOf,
} from '../../test/corruption/trials/programs.mjs';
import { markdown } from '../malloc/figures.mjs';
import { where } from '../report/results.mjs';

const titleOf = new Map(moments.map(({ id, title }) => [id, title]));
const orderOf = new Map(moments.map(({ id }, at) => [id, at]));
const LEVELS = builds.filter(({ name }) => name.startsWith('level') && name !== 'level 0');

/** When a run was ended, in a few words; `–` where it was not. */
function wordOf({ outcome, moment }) {
  const at = titleOf.get(moment).replace(/^at (the |a )?/, '');
  if (outcome === 'reported') return at;
  if (outcome === 'trapped') return `(${at})`;
  return { safe: 'safe', harmful: 'missed', unnoticed: '–' }[outcome];
}

/** Several runs in one cell: the words that differ, in the order of the runs. */
function cellOf(results) {
  const words = results.map(wordOf);
  return words.every((word) => word === words[0]) ? words[0] : words.join(', ');
}

function buildTable(runs, part, titles) {
  const rows = Object.keys(runs[0][part]).map((row) => [
    titles(row),
    ...runs.map((run) => cellOf(runsOf(run[part][row]))),
  ]);
  return markdown(['', ...runs.map(({ build }) => build)], rows);
}

const programTitle = new Map(programs.map(({ id, title }) => [id, title]));

/**
 * One line for what a level found in all runs of a kind: the latest moment, or how many runs it
 * missed.
 */
function summaryOf(cells) {
  const found = cells.filter(({ outcome }) => ['reported', 'trapped', 'safe'].includes(outcome));
  if (found.length === 0) {
    return cells.some(({ outcome }) => outcome === 'harmful') ? 'never' : 'never, no harm seen';
  }
  const told = found.filter(({ outcome }) => outcome === 'reported');
  const trapped = found.filter(({ outcome }) => outcome === 'trapped');
  const order = (a, b) => orderOf.get(b) - orderOf.get(a);
  const [latest] = told.map(({ moment }) => moment).sort(order);
  const parts = [
    ...(told.length > 0 ? [titleOf.get(latest)] : []),
    ...(trapped.length > 0 ? [told.length > 0 ? 'or a trap' : 'a trap'] : []),
    ...(told.length + trapped.length === 0 ? ['safe'] : []),
  ];
  const share = found.length === cells.length ? '' : ` (${found.length} of ${cells.length})`;
  return `${parts.join(' ')}${share}`;
}

/** The table of docs/security.md: a line for each kind, over targets and sizes. */
export function kindsTable({ runs }) {
  const rows = programs.map(({ id, title }) => [
    title,
    ...LEVELS.map(({ name }) =>
      summaryOf(
        runs.filter(({ build }) => build === name).flatMap((run) => runsOf(run.programs[id])),
      ),
    ),
  ]);
  return markdown(['the program', ...LEVELS.map(({ name }) => name)], rows);
}

/**
 * The same of writes past one side of a block, by neighbour: over targets, amounts and contents.
 */
export function neighboursTable({ runs }) {
  const sideOf = (row) => row.replace(/ \d+$/, '');
  const sides = [...new Set(Object.keys(runs[0].neighbours).map(sideOf))];
  const rows = sides.map((side) => [
    side.replace('up', 'behind, beside').replace('down', 'before, beside'),
    ...LEVELS.map(({ name }) =>
      summaryOf(
        runs
          .filter(({ build }) => build === name)
          .flatMap(({ neighbours }) =>
            Object.entries(neighbours)
              .filter(([row]) => sideOf(row) === side)
              .flatMap(([, row]) => runsOf(row)),
          ),
      ),
    ),
  ]);
  return markdown(['1 to 64 bytes written', ...LEVELS.map(({ name }) => name)], rows);
}

export function programsText(result) {
  const targets = [...new Set(result.runs.map(({ target }) => target))];
  const tables = targets.map((target) => {
    const runs = result.runs.filter((run) => run.target === target);
    return `### ${runs[0].title}

${buildTable(runs, 'programs', (id) => `${id}: ${programTitle.get(id)}`)}

${buildTable(runs, 'neighbours', (row) => row)}
`;
  });
  return `## Programs that misuse malloc

${where(result)}.

Each is a process or an instance of its own, on malloc as it is built at a level, as the small and as the debug
archive. The first ${OTHERS} are the kinds of the security programs of mimalloc-bench, written anew; they go on after the
mistake, until all is freed. Three results in a cell are for blocks of 8, 4,096 and 262,144 bytes; four, in the second
table, for what was written: zeros, 'A', random bytes, words from 1 up. *up used 8*: 8 bytes behind a block whose
neighbour is in use. A word is when segfit_panic was called; in parentheses, when the machine stopped the program;
*safe*: nothing could go wrong; *missed*: harm was seen; –: nothing was noticed, and no harm seen.

${tables.join('\n')}`;
}
