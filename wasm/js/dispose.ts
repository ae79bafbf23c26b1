// SPDX-License-Identifier: MIT

/** Node has Symbol.dispose, some other environments have not. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
