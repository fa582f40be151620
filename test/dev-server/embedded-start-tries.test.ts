/** A server that dies at its start for want of a port is started again; one that dies of anything else is not. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startEmbeddedServer } from '../../src/dev-server/embedded'
import { findTemporalCli } from '../../src/dev-server/find-cli'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'holdfast-start-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What the CLI prints at the end of its panic. */
const TRACE = 'github.com/temporalio/cli/internal/devserver.Start({{0x7ffee8cc6a6d, 0x9}, 0x84e1})'
const OWN_PORT = `echo "${TRACE}" >&2; exit 2`
const IN_USE = 'echo "listen tcp 127.0.0.1:1: bind: address already in use" >&2; exit 1'

/** A CLI that dies so at its first `times` starts. */
async function dying(times: number, death: string): Promise<{ cli: string; starts: () => number }> {
  const log = path.join(folder, 'starts')
  const cli = path.join(folder, 'temporal')
  const real = await findTemporalCli()
  writeFileSync(log, '')
  writeFileSync(
    cli,
    `#!/bin/sh\necho x >> "${log}"\n[ $(wc -l < "${log}") -le ${times} ] && { ${death}; }\nexec "${real}" "$@"\n`,
  )
  chmodSync(cli, 0o755)
  return { cli, starts: () => readFileSync(log, 'utf8').length / 2 }
}

it.each([
  ['the port of one of its parts', OWN_PORT],
  ['a port that was chosen for it', IN_USE],
])(
  '%s is taken: it is started again',
  async (_, death) => {
    const { cli, starts } = await dying(1, death)
    const server = await startEmbeddedServer({ cli })
    await server.stop()
    expect(starts()).toBe(2)
  },
  60_000,
)

it.each([
  ['that panics elsewhere', 'echo "devserver.Stop(1)" >&2; exit 2', 1],
  ['whose ports are taken again and again', OWN_PORT, 3],
])(
  'one %s is reported',
  async (_, death, tries) => {
    const { cli, starts } = await dying(9, death)
    await expect(startEmbeddedServer({ cli })).rejects.toThrow('before it was ready')
    expect(starts()).toBe(tries)
  },
  60_000,
)
