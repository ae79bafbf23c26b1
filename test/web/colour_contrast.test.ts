// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  contrast,
  difference,
  fromComputed,
  fromHex,
  type Vision,
} from '../../web/draw/colour_contrast.ts';
import type { Colour } from '../../web/draw/raster.ts';

const css = readFileSync(join(__dirname, '..', '..', 'web', 'style.css'), 'utf8');
const schemes = ['light', 'dark'] as const;
type Scheme = (typeof schemes)[number];
const visions: readonly Vision[] = ['normal', 'protan', 'deutan', 'tritan'];

/** The colours of style.css. */
function colour(name: string, scheme: Scheme): Colour {
  const match = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  if (match === null) {
    throw new Error(`style.css has no light and dark --${name}`);
  }
  return fromHex(match[scheme === 'light' ? 1 : 2]!);
}

const marks = ['used', 'touched', 'search', 'ink'];
const everything = ['page', 'free', ...marks];

describe.each(schemes)('the %s palette', (scheme) => {
  test.each(visions)('kinds differ for %s eyes', (vision) => {
    const close: string[] = [];
    everything.forEach((left, at) =>
      everything.slice(at + 1).forEach((right) => {
        const apart = difference(colour(left, scheme), colour(right, scheme), vision);
        // Free blocks differ from the page by their edge, tested below.
        if (apart < 19 && `${left} ${right}` !== 'page free') {
          close.push(`${left} ${right} ${apart.toFixed(1)}`);
        }
      }),
    );
    expect(close).toEqual([]);
  });

  test.each(marks)('%s stands out from the page and from free blocks', (mark) => {
    expect(contrast(colour(mark, scheme), colour('page', scheme))).toBeGreaterThanOrEqual(3);
    expect(contrast(colour(mark, scheme), colour('free', scheme))).toBeGreaterThanOrEqual(3);
  });

  test('the edge of free blocks contrasts with the page', () => {
    expect(contrast(colour('edge', scheme), colour('page', scheme))).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['ink', 'page'],
    ['quiet', 'page'],
    ['quiet', 'raised'],
    ['on-used', 'used'],
    ['on-touched', 'touched'],
    ['on-search', 'search'],
    ['on-free', 'free'],
    ['ink', 'free'],
  ])('text in %s can be read on %s', (text, background) => {
    expect(contrast(colour(text, scheme), colour(background, scheme))).toBeGreaterThanOrEqual(4.5);
  });
});

test('contrast and difference agree with known values', () => {
  const [white, black] = [fromHex('#ffffff'), fromHex('#000000')];
  expect(contrast(white, black)).toBeCloseTo(21, 5);
  expect(contrast(fromHex('#767676'), white)).toBeCloseTo(4.54, 2);
  expect(difference(white, black, 'normal')).toBeCloseTo(100, 1);
  // Red and green of equal lightness: far apart, but not for deutan eyes.
  const [red, green] = [fromHex('#c03030'), fromHex('#5c7a00')];
  expect(difference(red, green, 'deutan')).toBeLessThan(difference(red, green, 'normal') / 2);
});

test('computed colours of browsers are parsed', () => {
  expect(fromComputed('rgb(1, 2, 3)')).toEqual([1, 2, 3]);
  expect(fromComputed('rgba(1, 2, 3, 0.5)')).toEqual([1, 2, 3]);
  expect(fromComputed('color(srgb 1 0 0.2)')).toEqual([255, 0, 51]);
  expect(() => fromHex('red')).toThrow('not a colour');
});
