// SPDX-License-Identifier: MIT
/** The sizes that bench:size found, as a table. */
import { markdown } from './figures.mjs';

/** `rows`: {title, optimise, pair, full}, the last two {raw, gzip}. */
export function sizeTable(rows) {
  const cells = rows.map(({ title, optimise, pair, full }) => [
    `${title}, ${optimise}`,
    ...[pair.raw, pair.gzip, full.raw, full.gzip].map(String),
  ]);
  return markdown(['allocator', 'malloc+free', 'gzip', 'full set', 'gzip'], cells);
}
