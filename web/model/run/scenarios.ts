// SPDX-License-Identifier: MIT
/**
 * The catalogue of scenarios: short runs that show strengths and weaknesses of an allocator.
 * scenario_builder.ts builds them.
 */

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

export const scenarios = [
  {
    name: 'huge',
    title: 'Huge block, tiny request',
    what: 'The smallest request and one block of a megabyte: the longest search that is possible.',
  },
  {
    name: 'sandwiched',
    title: 'Free between two holes',
    what: 'The most expensive free: both neighbours are free and merge.',
  },
  {
    name: 'comb',
    title: 'Comb',
    what: 'Every second block is freed: half of the heap is free, and nothing larger fits.',
  },
  {
    name: 'edge',
    title: 'Class edge',
    what: 'Stock search: one hole of 1,040 bytes, and a request that would fit into it returns NULL.',
  },
  {
    name: 'sawtooth',
    title: 'Sawtooth',
    what: 'Each wave needs more than the one before, and one small block of each stays behind.',
  },
  {
    name: 'aligned',
    title: 'Aligned holes',
    what: 'Blocks aligned to 256 bytes leave a hole before each; small requests fill them later.',
  },
] as const satisfies readonly Scenario[];
export type ScenarioName = (typeof scenarios)[number]['name'];
