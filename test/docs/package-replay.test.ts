/** Replay in a foreign project in which npm has put another `protobufjs` at the top than Temporal's. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { nestedProject, TOP } from '../helpers/package'

let folder: string
beforeAll(() => {
  folder = nestedProject()
  const saved = path.join(TOP, 'test', 'fixtures', 'histories', 'unreleased', 'failed-over.json')
  copyFileSync(saved, path.join(folder, 'incident.json'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function outputOf(file: string, text: string): { stdout: string; stderr: string } {
  writeFileSync(path.join(folder, file), text)
  const { stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { stdout, stderr }
}

const REPLAY = `replay('incident.json').then(({ decisions }) => console.log(decisions.join(', ')))`
const DECISIONS =
  'read the circuits, attempt at alpha/model-a, attempt at beta/model-b, write the search attributes, end: answered by beta/model-b\n'

it.each([
  ['replay.mjs', `import { replay } from 'holdfast/testing'\n${REPLAY}`],
  ['replay.cjs', `const { replay } = require('holdfast/testing')\n${REPLAY}`],
])('%s replays a saved history', (file, text) => {
  expect(outputOf(file, text)).toEqual({ stdout: DECISIONS, stderr: '' })
})

it('which the SDK’s own reader of histories can’t read there', () => {
  const { stdout } = outputOf(
    'sdk.cjs',
    `const { historyFromJSON } = require('@temporalio/common/lib/proto-utils')
try { historyFromJSON(require('./incident.json')) } catch (error) { console.log(error.message) }`,
  )
  expect(stdout).toBe('type must be a Type\n')
})

it('time that is to skip says what it needs where @temporalio/testing is not installed', () => {
  rmSync(path.join(folder, 'node_modules', '@temporalio', 'testing'), { recursive: true })
  const { stdout, stderr } = outputOf(
    'skip.mjs',
    `import { harness } from 'holdfast/testing'
harness({ config: {}, timeSkipping: true }).catch((error) => console.log(error.message))`,
  )
  expect(stderr).toBe('')
  expect(stdout).toContain('npm install --save-dev @temporalio/testing')
})

it('the import loads no gateway, no worker and no server', () => {
  const { stdout } = outputOf(
    'loaded.cjs',
    `require('holdfast/testing')
console.log(Object.keys(require.cache).filter((file) => /fastify|undici|@temporalio.(testing|worker)|holdfast.*gateway/.test(file)).length, process.getActiveResourcesInfo().filter((one) => one !== 'PipeWrap').length)`,
  )
  expect(stdout).toBe('0 0\n')
})
