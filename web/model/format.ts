// SPDX-License-Identifier: MIT
/** Formats numbers for the whole page: addresses in hexadecimal with 0x, sizes in decimal. */

const decimals = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function hex(value: number, digits = 4): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
}

export function decimal(value: number): string {
  return decimals.format(value);
}

export function bytes(value: number): string {
  return value === 1 ? '1 byte' : `${decimal(value)} bytes`;
}

export function counted(value: number, noun: string): string {
  return `${decimal(value)} ${noun}${value === 1 ? '' : 's'}`;
}
