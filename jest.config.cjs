const swc = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022', keepClassNames: true },
  module: { type: 'commonjs' },
  sourceMaps: true,
}
// Packages that are ES modules alone: jest loads by `require`, as the tests do.
const esModules = '(ai|@ai-sdk/[^/]+|@workflow/serde)'
/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/setup/one-realm/environment.cjs',
  runtime: '<rootDir>/test/setup/one-realm/runtime.cjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc], [`/node_modules/${esModules}/.+\\.js$`]: ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!${esModules}/)`],
  // The examples import the package by its name, as their readers will.
  moduleNameMapper: {
    '^holdfast$': '<rootDir>/src',
    '^holdfast/(ai|ai7|embedded|testing|workflow)$': '<rootDir>/src/$1',
    // Imported by the name of its ES module.
    '^zod/v4/locales/en\\.js$': 'zod/v4/locales/en.cjs',
  },
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/setup/peak-memory.ts'],
  maxWorkers: 2,
  // Of `it.concurrent`, within one file: each of them holds a worker or two.
  maxConcurrency: 3,
  // Of the heap, which stays near 100 MB (test/setup/one-realm): the process holds some 400 MB more, and
  // `npm test` fails above 700 MB (scripts/lib/peak-memory.mjs).
  workerIdleMemoryLimit: '150MB',
  // Longer suites have a command of their own: `npm run test:long`.
  testPathIgnorePatterns: ['/node_modules/', '/test/long/'],
  testTimeout: 30_000,
}
