// SPDX-License-Identifier: MIT
/** The page's model, tested in node against the built package. */
export default {
  displayName: 'web',
  rootDir: '../..',
  testEnvironment: 'node',
  // Folders with planted mutants contain other packages of this name.
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  testMatch: ['<rootDir>/test/web/**/*.test.ts'],
  moduleNameMapper: { '^segfit/core$': '<rootDir>/dist/core.cjs' },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      },
    ],
  },
};
