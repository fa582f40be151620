/** Who holds a lock file: a process, and not its number. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { lockOwner } from '../../src/dev-server/owner-lock'
import { runProgram } from '../helpers/processes'

let folder: string
let file: string
let bystander: ChildProcess
beforeAll(() => {
  bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)'])
})
afterAll(() => bystander.kill('SIGKILL'))
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-lock-'))
  file = path.join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

const held = () => JSON.parse(readFileSync(file, 'utf8'))
const holdBy = (holder: object): void => writeFileSync(file, JSON.stringify(holder))
const onLinux = process.platform === 'linux' ? it : it.skip

it('a lock of an earlier version, whose process id is alive, is held', () => {
  holdBy({ ownerPid: bystander.pid, serverPid: 0 })
  expect(lockOwner(file)).toEqual({ ok: false, ownerPid: bystander.pid })
})

it.each<[string, object]>([
  ['no start', {}],
  ['another start', { ownerStart: 'before' }],
])('a lock of our own process id with %s is a dead owner’s', (_, start) => {
  holdBy({ ownerPid: process.pid, serverPid: 7, ...start })
  expect(lockOwner(file)).toMatchObject({ ok: true, lock: { left: 7, takenOver: true } })
})

onLinux('a lock whose process id has gone to a later process is taken over, with its note', () => {
  lockOwner(file)
  holdBy({ ...held(), ownerPid: bystander.pid, serverPid: 7 })
  expect(lockOwner(file)).toMatchObject({ ok: true, lock: { left: 7, takenOver: true } })
  expect(held()).toMatchObject({ ownerPid: process.pid, serverPid: 7 })
})

it('a lock that a live process took is held, also after a note, until it has died', async () => {
  const owner = runProgram('lock-owner.ts', [file])
  try {
    const { pid } = (await owner.firstLine) as { pid: number }
    expect(held()).toMatchObject({ ownerPid: pid, serverPid: 7 })
    expect(lockOwner(file)).toEqual({ ok: false, ownerPid: pid })
  } finally {
    await owner.kill('SIGKILL')
  }
  expect(lockOwner(file)).toMatchObject({ ok: true, lock: { left: 7, takenOver: true } })
})
