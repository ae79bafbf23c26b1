// SPDX-License-Identifier: MIT
/**
 * The least share of cases that each level must detect in the trials of trials/. `goal` is the aim,
 * `kept` the share that a short run must reach: less where chance needs room, and far less where
 * the level misses its goal (docs/security.md). Both are shares of the cases that were harmful or
 * detected. `atCall`: detected by the call that got the pointer. A kind that a level does not
 * detect has no row.
 */
const pointers = [
  'double_free',
  'double_free_later',
  'free_interior',
  'free_misaligned',
  'free_static',
  'free_stack',
  'free_other',
  'free_wild',
];
const words = ['bytes_after', 'nul_after', 'overflow_random', 'overflow_a', 'used_header_word'];
const links = ['freed_word', 'link_bit', 'link_word'];
const footers = ['footer_bit', 'footer_word'];
const bitmaps = ['bounds_bit', 'row_bit', 'column_bit'];
const unlinks = ['unlink_outside', 'unlink_inside', 'forged_before'];
const forgeries = [...unlinks, 'forged_list', 'forged_used'];
const headers = ['used_header_bit', 'free_header_bit', 'bit_before', 'bit_after'];
const control = [
  'geometry_bit',
  'pools_bit',
  'bounds_bit',
  'row_bit',
  'column_bit',
  'head_bit',
  'control_word',
];

const damage = (level) => [
  { level, title: 'bits of headers', kinds: headers, goal: 1, kept: 1 },
  {
    level,
    title: 'words and overflows',
    kinds: [...words, 'free_header_word', 'header_like_size'],
    goal: 1,
    kept: 1,
  },
  { level, title: 'footers', kinds: footers, goal: 1, kept: 1 },
  { level, title: 'links and writes after free', kinds: links, goal: 0.999, kept: 0.999 },
  { level, title: 'control structure', kinds: control, goal: 0.99, kept: 0.99 },
  { level, title: 'attacks without the key', kinds: forgeries, goal: 1, kept: 1, atCall: true },
];

/** Injections that do harm where nothing looks: what shows that they are injected. */
export const CONTROL = {
  level: 0,
  kinds: [
    'bit_after',
    'bytes_after',
    'overflow_random',
    'overflow_a',
    'double_free',
    'free_static',
    'used_header_bit',
    'used_header_word',
    ...unlinks,
  ],
  harm: 0.5,
};

export const GOALS = [
  ...[1, 2, 3, 4].map((level) => ({
    level,
    title: 'bad pointers',
    kinds: pointers,
    goal: 1,
    kept: 1,
    atCall: true,
  })),
  {
    level: 1,
    title: "bits of a used block's header",
    kinds: ['used_header_bit'],
    goal: 0.98,
    kept: 0.95,
  },
  {
    level: 1,
    title: "bits of a free block's header",
    kinds: ['free_header_bit'],
    goal: 0.98,
    kept: 0.98,
  },
  { level: 1, title: 'words and overflows', kinds: words, goal: 0.995, kept: 0.99 },
  { level: 1, title: 'footers', kinds: footers, goal: 1, kept: 0.97 },
  { level: 1, title: 'bounds and bitmaps', kinds: bitmaps, goal: 1, kept: 1 },
  {
    level: 2,
    title: "bits of a used block's header",
    kinds: ['used_header_bit'],
    goal: 0.98,
    kept: 0.95,
  },
  {
    level: 2,
    title: "bits of a free block's header",
    kinds: ['free_header_bit'],
    goal: 0.98,
    kept: 1,
  },
  { level: 2, title: 'words and overflows', kinds: words, goal: 0.995, kept: 0.99 },
  { level: 2, title: 'footers', kinds: footers, goal: 1, kept: 1 },
  { level: 2, title: 'links and writes after free', kinds: links, goal: 0.99, kept: 0.98 },
  { level: 2, title: 'bounds and bitmaps', kinds: bitmaps, goal: 0.95, kept: 0.95 },
  { level: 2, title: 'unlink attacks', kinds: unlinks, goal: 1, kept: 1, atCall: true },
  ...damage(3),
  ...damage(4),
];
