/** docs/testing.md with jest, in a foreign project. With vitest, as npm installs it: test/long/testing.test.ts. */
import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { linkedProject, TOP } from '../helpers/package'
import { testingPageFacts } from '../helpers/testing-page'

let folder: string
beforeAll(() => {
  folder = linkedProject()
  const [from, to] = [path.join(TOP, 'node_modules'), path.join(folder, 'node_modules')]
  const there = new Set(readdirSync(to))
  for (const name of ['jest', '@swc'].filter((one) => !there.has(one)))
    symlinkSync(path.join(from, name), path.join(to, name))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SETTINGS = `
module.exports = {
  transform: { '^.+\\\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  testTimeout: 60_000,
}
`

testingPageFacts(() => folder, {
  name: 'jest',
  args: [path.join(TOP, 'node_modules', 'jest', 'bin', 'jest.js'), '--ci', '--runInBand'],
  files: { 'jest.config.cjs': SETTINGS },
})
