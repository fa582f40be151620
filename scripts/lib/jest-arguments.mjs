/** Behind a pattern, never before one: jest reads what follows one of these lists as a part of it. */
const LONG = ['--testPathIgnorePatterns=/node_modules/', '--testMatch=**/test/long/**/*.test.ts']

/** Of `npm test` as they are; `--long`, which stands first, takes the long tests in place of the others. */
export const jestArguments = ([first, ...rest]) =>
  first === '--long' ? [...rest, ...LONG] : first === undefined ? [] : [first, ...rest]
