/** A worker whose folder for the code of builds can't be written to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startStack } from '../helpers/stack'

it('starts and answers where HOLDFAST_BUILDS is no folder, and logs that its code is not kept', async () => {
  const top = mkdtempSync(path.join(tmpdir(), 'holdfast-builds-'))
  const file = path.join(top, 'file')
  writeFileSync(file, '')
  const stack = await startStack({
    env: { HOLDFAST_VERSIONING: 'auto', HOLDFAST_BUILDS: path.join(file, 'builds') },
  })
  try {
    expect((await stack.holdfast.generate({ prompt: 'hi' })).text).not.toBe('')
    expect(stack.lines().map(({ event }) => event)).toContain('build_not_kept')
  } finally {
    await stack.close()
    rmSync(top, { recursive: true })
  }
})
