// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';

import { batch, computed, effect, signal } from '../../web/model/signal.ts';

test('an effect runs at once and whenever what it read changes', () => {
  const count = signal(1);
  const other = signal(0);
  const seen: number[] = [];
  effect(() => {
    seen.push(count.value);
  });
  other.value = 5;
  count.value = 2;
  count.value = 2;
  expect(seen).toEqual([1, 2]);
});

test('a computed value is made once for each change, and only when read', () => {
  const base = signal(2);
  let made = 0;
  const square = computed(() => {
    made++;
    return base.value ** 2;
  });
  expect(made).toBe(0);
  expect([square.value, square.value]).toEqual([4, 4]);
  base.value = 3;
  base.value = 4;
  expect(square.value).toBe(16);
  expect(made).toBe(2);
});

test('effects run after changes of computed values', () => {
  const base = signal(1);
  const twice = computed(() => base.value * 2);
  const four = computed(() => twice.value * 2);
  const seen: number[] = [];
  effect(() => {
    seen.push(four.value);
  });
  base.value = 2;
  expect(seen).toEqual([4, 8]);
});

test('a batch runs each effect once, with the final values', () => {
  const left = signal(1);
  const right = signal(1);
  const seen: number[] = [];
  effect(() => {
    seen.push(left.value + right.value);
  });
  batch(() => {
    left.value = 10;
    batch(() => {
      right.value = 20;
    });
  });
  expect(seen).toEqual([2, 30]);
});

test('an effect depends only on the values of its last run', () => {
  const which = signal(true);
  const yes = signal('yes');
  const no = signal('no');
  let runs = 0;
  effect(() => {
    runs++;
    void (which.value ? yes.value : no.value);
  });
  which.value = false;
  yes.value = 'other';
  expect(runs).toBe(2);
});

test('an ended effect does not run', () => {
  const count = signal(0);
  let runs = 0;
  const end = effect(() => {
    runs++;
    void count.value;
  });
  end();
  count.value = 1;
  expect(runs).toBe(1);
});
