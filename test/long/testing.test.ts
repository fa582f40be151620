/** docs/testing.md with vitest, in a foreign project as npm installs it, where `protobufjs` 7 stands at the top. */
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { installedProject } from '../helpers/package'
import { testingPageFacts } from '../helpers/testing-page'

let folder: string
beforeAll(() => {
  folder = installedProject({ '@temporalio/testing': '1.24.0', protobufjs: '^7.5.5', vitest: '^3.2.0' })
}, 400_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('npm has put version 7 at the top', () => {
  const manifest = readFileSync(path.join(folder, 'node_modules', 'protobufjs', 'package.json'), 'utf8')
  expect(JSON.parse(manifest).version).toMatch(/^7\./)
})

testingPageFacts(() => folder, {
  name: 'vitest',
  args: ['node_modules/vitest/vitest.mjs', 'run'],
  files: { 'vitest.config.mjs': 'export default { test: { testTimeout: 60_000 } }\n' },
})
