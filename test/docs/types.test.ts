import { spawnSync } from 'node:child_process'
import path from 'node:path'

const TOP = path.resolve(__dirname, '..', '..')

it('the whole tree type-checks, what the library promises of its types (library-types.ts) included', () => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit'], {
    cwd: TOP,
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}, 60_000)
