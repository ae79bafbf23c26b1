// SPDX-License-Identifier: MIT
/**
 * Jest over the npm package's sources in place of its bundles: a changed source names the tests
 * that it affects, and nothing is built between. `npm run watch -- package` uses it.
 */
/** Tests that take most of the time, or are about the bundles. `npm test` runs them. */
const LEFT_OUT = ['abandoned', 'differential', 'fuzz', 'lock', 'package', 'property', 'shared'];

const source = (name) => `<rootDir>/wasm/js/public/${name}.ts`;

export default {
  rootDir: '../..',
  testMatch: ['<rootDir>/test/js/**/*.test.ts'],
  testPathIgnorePatterns: LEFT_OUT.map((name) => `/test/js/${name}\\.test\\.ts$`),
  // Folders with planted mutants hold other packages of this name.
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^segfit$': source('index'),
    '^segfit/core$': source('core'),
    '^segfit/malloc$': source('malloc'),
  },
  globalSetup: '<rootDir>/test/js/setup.mjs',
};
