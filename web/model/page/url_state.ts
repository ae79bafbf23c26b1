// SPDX-License-Identifier: MIT
/**
 * The state that a link to a moment holds, as the fragment of a URL, which browsers send to no
 * server:
 *
 *     v=1&at=37.4&sel=0x4f20&class=12&lens=0x4000-0x5000&cfg=columns:32,policy:1&t=AAECAw
 *
 * Every part is optional. Unreadable parts are left out and reported.
 */
import type { Position } from '../run/history.ts';
import type { Operation } from '../run/operation.ts';
import type { Settings } from '../run/settings.ts';
import { readCompact, writeCompact } from './compact_trace.ts';

/** Mail programs and chats truncate the URLs of longer traces. */
export const maxUrlOperations = 5000;

const version = '1';

export interface UrlState {
  /** A moment of Infinity is the state after the call. */
  readonly position: Position | null;
  /** A block's header address, or 0. */
  readonly selected: number;
  /** −1: none. */
  readonly selectedClass: number;
  /** The magnified range of addresses. */
  readonly lens: { readonly begin: number; readonly end: number } | null;
  /** The settings that differ from the trace's defaults. */
  readonly settings: Partial<Settings>;
  /** The same for a second heap, or null. */
  readonly other: Partial<Settings> | null;
  /** Null for the page's own trace. */
  readonly trace: { readonly title: string; readonly operations: readonly Operation[] } | null;
  /** The open chapter, or 0. */
  readonly chapter: number;
}

export const emptyUrlState: UrlState = {
  position: null,
  selected: 0,
  selectedClass: -1,
  lens: null,
  settings: {},
  other: null,
  trace: null,
  chapter: 0,
};

/** The range of each setting. A link may not request more memory than a page can allocate. */
const ranges: Readonly<Record<keyof Settings, readonly [least: number, most: number]>> = {
  size: [256, 2 ** 28],
  limit: [256, 2 ** 28],
  step: [64, 2 ** 28],
  columns: [1, 32],
  policy: [0, 1],
  align: [8, 16],
  pools: [1, 16],
};

const powersOfTwo: readonly string[] = ['columns', 'align'];

// -------------------------------------------------------------------------------------- base64url

function toText(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(characters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Decodes the result of `toText`. Returns null for any other text. */
function fromText(text: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) {
    return null;
  }
  const characters = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

// ---------------------------------------------------------------------------------------- writing

const hex = (address: number): string => `0x${address.toString(16)}`;

function settingsText(settings: Partial<Settings>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}:${value}`)
    .join(',');
}

/** Returns the settings of `present` that differ from `usual`. */
export function changedSettings(present: Settings, usual: Settings): Partial<Settings> {
  const names = Object.keys(ranges) as (keyof Settings)[];
  return Object.fromEntries(
    names.filter((name) => present[name] !== usual[name]).map((name) => [name, present[name]]),
  );
}

/** Returns the fragment of the URL without `#`; '' for the initial state. */
export function writeUrlState(state: UrlState): string {
  const parts: string[] = [];
  const put = (name: string, value: string): number => parts.push(`${name}=${value}`);
  if (state.chapter > 0) {
    put('learn', String(state.chapter));
  }
  if (state.position !== null) {
    const { operation, moment } = state.position;
    put('at', Number.isFinite(moment) ? `${operation}.${moment}` : String(operation));
  }
  if (state.selected !== 0) {
    put('sel', hex(state.selected));
  }
  if (state.selectedClass >= 0) {
    put('class', String(state.selectedClass));
  }
  if (state.lens !== null) {
    put('lens', `${hex(state.lens.begin)}-${hex(state.lens.end)}`);
  }
  if (Object.keys(state.settings).length > 0) {
    put('cfg', settingsText(state.settings));
  }
  if (state.other !== null) {
    put('cmp', settingsText(state.other));
  }
  if (state.trace !== null && state.trace.operations.length <= maxUrlOperations) {
    put('name', encodeURIComponent(state.trace.title));
    put('t', toText(writeCompact(state.trace.operations)));
  }
  return parts.length === 0 ? '' : [`v=${version}`, ...parts].join('&');
}

// ---------------------------------------------------------------------------------------- reading

export interface UrlStateResult {
  readonly state: UrlState;
  /** The unreadable parts, a sentence each. */
  readonly problems: readonly string[];
}

class BadPart extends Error {}

function whole(text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value) || value > most) {
    throw new BadPart(`"${text}" is not a number in the allowed range`);
  }
  return value;
}

function readSettings(text: string): Partial<Settings> {
  const entries = text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const [name = '', value = ''] = part.split(':');
      const range = Object.hasOwn(ranges, name) ? ranges[name as keyof Settings] : undefined;
      if (range === undefined) {
        throw new BadPart(`there is no setting "${name}"`);
      }
      const number = whole(value, range[1]);
      if (number < range[0] || (powersOfTwo.includes(name) && Math.log2(number) % 1 !== 0)) {
        throw new BadPart(`${name} cannot be ${value}`);
      }
      return [name, number];
    });
  return Object.fromEntries(entries) as Partial<Settings>;
}

function readPosition(text: string): Position {
  const [operation = '', moment] = text.split('.');
  return {
    operation: whole(operation),
    moment: moment === undefined ? Infinity : whole(moment),
  };
}

function readLens(text: string): UrlState['lens'] {
  const [begin = '', end = ''] = text.split('-');
  const lens = { begin: whole(begin, 2 ** 32), end: whole(end, 2 ** 32) };
  if (lens.begin >= lens.end) {
    throw new BadPart(`the range from ${begin} to ${end} is empty`);
  }
  return lens;
}

function readTrace(text: string, title: string, problems: string[]): UrlState['trace'] {
  const bytes = fromText(text);
  if (bytes === null) {
    throw new BadPart('it is not base64url');
  }
  const { operations, problem } = readCompact(bytes);
  if (problem !== '') {
    const read = operations.length;
    problems.push(
      `The trace in this address is damaged: ${problem}. Its first ${read} calls play.`,
    );
  }
  return operations.length === 0 ? null : { title, operations };
}

type Part = Partial<UrlState>;

const readers: Readonly<
  Record<string, (text: string, all: URLSearchParams, problems: string[]) => Part>
> = {
  at: (text) => ({ position: readPosition(text) }),
  sel: (text) => ({ selected: whole(text, 2 ** 32) }),
  class: (text) => ({ selectedClass: whole(text, 2048) }),
  lens: (text) => ({ lens: readLens(text) }),
  cfg: (text) => ({ settings: readSettings(text) }),
  cmp: (text) => ({ other: readSettings(text) }),
  learn: (text) => ({ chapter: whole(text, 99) }),
  t: (text, all, problems) => ({ trace: readTrace(text, all.get('name') ?? '', problems) }),
};

const isPart = (name: string): boolean =>
  name === 'v' || name === 'name' || Object.hasOwn(readers, name);

const unknown = (name: string): string =>
  `This page does not know "${name}" in an address and ignores it.`;

/**
 * Returns a sentence for each query parameter that this page does not read. Ignores the parameters
 * that other sites add to links.
 */
export function unknownInQuery(query: string): string[] {
  const names = [...new Set(new URLSearchParams(query).keys())];
  return names
    .filter((name) => name !== 'trace' && !/^(utm_.*|fbclid|gclid|msclkid|ref)$/.test(name))
    .map((name) =>
      isPart(name)
        ? `"${name}" in this address belongs behind #; this page ignores it here.`
        : unknown(name),
    );
}

/** Reads the result of `writeUrlState`, with or without `#`. Never throws for its content. */
export function readUrlState(fragment: string): UrlStateResult {
  const all = new URLSearchParams(fragment.replace(/^#/, ''));
  const problems: string[] = [];
  const found = all.get('v') ?? version;
  if (found !== version) {
    const text = `This address has version ${found}; this page reads version ${version}.`;
    return { state: emptyUrlState, problems: [text] };
  }
  let state = emptyUrlState;
  // A fragment without = names an element of the page.
  if (fragment.includes('=')) {
    problems.push(...[...new Set(all.keys())].filter((name) => !isPart(name)).map(unknown));
  }
  for (const [name, read] of Object.entries(readers)) {
    const text = all.get(name);
    if (text === null) {
      continue;
    }
    try {
      state = { ...state, ...read(text, all, problems) };
    } catch (error) {
      if (!(error instanceof BadPart)) {
        throw error;
      }
      problems.push(`"${name}" in this address cannot be read: ${error.message}.`);
    }
  }
  return { state, problems };
}
