// SPDX-License-Identifier: MIT
/** Colour metrics: contrast by WCAG, difference in OKLab, and simulated colour blindness. */
import type { Colour } from './raster.ts';

export type Vision = 'normal' | 'protan' | 'deutan' | 'tritan';

/** Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB. */
const visions: Readonly<Record<Vision, readonly (readonly [number, number, number])[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

type Triple = readonly [number, number, number];

/** Parses `#rrggbb`. */
export function fromHex(text: string): Colour {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (match === null) {
    throw new RangeError(`not a colour of the form #rrggbb: ${text}`);
  }
  return [parseInt(match[1]!, 16), parseInt(match[2]!, 16), parseInt(match[3]!, 16)];
}

/** Parses a computed colour of a browser: `rgb(r, g, b)` or `rgb(r g b / a)`. */
export function fromComputed(text: string): Colour {
  const numbers = text.match(/[\d.]+/g)?.map(Number) ?? [];
  // color(srgb …) has values from 0 to 1.
  const scale = text.startsWith('color(') ? 255 : 1;
  return [(numbers[0] ?? 0) * scale, (numbers[1] ?? 0) * scale, (numbers[2] ?? 0) * scale];
}

function linear(colour: Colour): Triple {
  const [red, green, blue] = colour.map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return [red!, green!, blue!];
}

function luminance(colour: Colour): number {
  const [red, green, blue] = linear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns WCAG's contrast ratio, from 1 to 21. */
export function contrast(left: Colour, right: Colour): number {
  const [low, high] = [luminance(left), luminance(right)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

function dot([a, b, c]: Triple, [x, y, z]: Triple): number {
  return a * x + b * y + c * z;
}

function oklab(rgb: Triple): Triple {
  const l = Math.cbrt(dot(rgb, [0.4122214708, 0.5363325363, 0.0514459929]));
  const m = Math.cbrt(dot(rgb, [0.2119034982, 0.6806995451, 0.1073969566]));
  const s = Math.cbrt(dot(rgb, [0.0883024619, 0.2817188376, 0.6299787005]));
  const lms: Triple = [l, m, s];
  return [
    dot(lms, [0.2104542553, 0.793617785, -0.0040720468]),
    dot(lms, [1.9779984951, -2.428592205, 0.4505937099]),
    dot(lms, [0.0259040371, 0.7827717662, -0.808675766]),
  ];
}

/** Returns the distance of two colours in OKLab, times 100, as seen with that vision. */
export function difference(left: Colour, right: Colour, vision: Vision): number {
  const [a, b] = [left, right].map((colour) => {
    const seen = visions[vision].map((row) => Math.min(Math.max(dot(row, linear(colour)), 0), 1));
    return oklab([seen[0]!, seen[1]!, seen[2]!]);
  });
  return 100 * Math.hypot(a![0] - b![0], a![1] - b![1], a![2] - b![2]);
}
