// SPDX-License-Identifier: MIT
// The npm package as it is built, by `require` as its users on older Jest have it, in the environment
// of those who test pages, and by `import`, for which Node wants a flag:
//
//     npm run build && node --experimental-vm-modules node_modules/jest/bin/jest.js
const hasModules = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) =>
  option.includes('--experimental-vm-modules'),
);

const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
};

/** Tests of the package named `segfit`, in the files that end in `extension`. */
const packageTests = (extension) => ({
  testMatch: ['<rootDir>/test/js/**/*.test.ts'],
  // Where mutants are planted lie other packages of this name.
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  transform,
  moduleNameMapper: {
    '^segfit$': `<rootDir>/dist/index.${extension}`,
    '^segfit/core$': `<rootDir>/dist/core.${extension}`,
    '^segfit/malloc$': `<rootDir>/dist/malloc.${extension}`,
  },
});

const projects = [
  { displayName: 'cjs', ...packageTests('cjs') },
  {
    displayName: 'jsdom',
    ...packageTests('cjs'),
    testEnvironment: 'jsdom',
    testMatch: ['pool', 'arrays', 'growth', 'shared', 'wasm_imports'].map(
      (name) => `<rootDir>/test/js/${name}.test.ts`,
    ),
  },
  '<rootDir>/test/web/jest.config.mjs',
];
if (hasModules) {
  projects.push({ displayName: 'esm', ...packageTests('js'), extensionsToTreatAsEsm: ['.ts'] });
} else {
  console.error('Left out: tests by `import`. Run node with --experimental-vm-modules for them.');
}

// Jest leaves one processor idle by itself.
export default { maxWorkers: '100%', projects, globalSetup: '<rootDir>/test/js/setup.mjs' };
