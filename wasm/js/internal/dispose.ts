// SPDX-License-Identifier: MIT

// As TypeScript's library `ESNext.Disposable` has them, which versions before 5.2 lack and which
// `lib` need not name.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** Node has Symbol.dispose, some other environments have not. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
