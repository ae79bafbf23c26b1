// SPDX-License-Identifier: MIT

// The declarations of TypeScript's library `ESNext.Disposable`, which versions before 5.2 lack and
// `lib` need not name.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** Symbol.dispose, also in environments that lack it. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
