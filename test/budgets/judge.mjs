// SPDX-License-Identifier: MIT
/** Figures against their budgets. */

/** Parts of a budget by which a figure may be above it: with its compilers, and with others. */
export const SLACK = { same: 0.03, other: 0.15 };

function verdict(name, kind, figure, budget, slack) {
  if (budget === undefined) return { ok: false, text: `${name}: ${figure} ${kind} and no budget` };
  if (figure === undefined) return { ok: false, text: `${name}: a budget, and nothing measured` };
  const change = figure / budget - 1;
  const percent = `${(Math.abs(change) * 100).toFixed(1)} %`;
  const text = `${name}: ${figure} ${kind} of ${budget}`;
  if (change > slack) return { ok: false, text: `${text}: FAILED, ${percent} above its budget` };
  if (change < -slack) return { ok: true, text: `${text}: ok, can be tightened by ${percent}` };
  return { ok: true, text: `${text}: ok` };
}

/** {ok, text} of each figure and of each budget that has none. */
export function judge(kind, figures, budgets, slack) {
  const names = [...new Set([...Object.keys(figures), ...Object.keys(budgets)])];
  return names.map((name) => verdict(name, kind, figures[name], budgets[name], slack));
}
