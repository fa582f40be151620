/**
 * The payload store in S3, on a real server of its protocol (github.com/johannesboyne/gofakes3, built by `go install`), with its faults;
 * and what Temporal keeps of a generation that was forgotten. S3_SERVER names a program of one's own that takes the same flags.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseConfig } from '../../src/config'
import { freePorts } from '../../src/dev-server/ports'
import { folderOf, payloadFaultOf, payloadStoreOf } from '../../src/stores/payloads'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const ENV = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
const top = mkdtempSync(path.join(tmpdir(), 's3-'))

function program(): string {
  if (process.env.S3_SERVER) return process.env.S3_SERVER
  execFileSync('go', ['install', 'github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0'], {
    env: { ...process.env, GOBIN: top },
    stdio: 'ignore',
  })
  return path.join(top, 'gofakes3')
}

let port: number
let binary: string
let server: ChildProcess
let stack: Stack

async function startServer(): Promise<void> {
  const flags = ['-backend', 'bolt', '-bolt.db', path.join(top, 's3.db'), '-initialbucket', 'bucket']
  server = spawn(binary, [...flags, '-host', `127.0.0.1:${port}`], { stdio: 'ignore' })
  for (;;) {
    const answers = await fetch(`http://127.0.0.1:${port}/bucket`).then(
      () => true,
      () => false,
    )
    if (answers) return
    await pause(50)
  }
}

const stopServer = async (): Promise<void> => {
  server.kill('SIGKILL')
  await new Promise((resolve) => server.once('exit', resolve))
}

const config = (url: string): string => `
${twoProviders(url, 'deadline: 60s')}
payloads: { store: s3, bucket: bucket, region: us-east-1, endpoint: "http://127.0.0.1:${port}", over: 64KB }
`

beforeAll(async () => {
  port = (await freePorts(1, '127.0.0.1'))[0] ?? 0
  binary = program()
  await startServer()
  stack = await startStack({ config, env: ENV })
}, 240_000)
afterAll(async () => {
  await stack?.close()
  server?.kill('SIGKILL')
  rmSync(top, { recursive: true, force: true })
})
beforeEach(() => stack.simulator.reset())

const store = () => {
  const opened = payloadStoreOf(parseConfig(config(stack.simulator.url)), ENV)
  if (opened === null) throw new Error('the config names a store')
  return opened
}

const large = (): string => 'planted '.repeat(20_000)

it('objects are put, got, listed and deleted, more than a page of them too', async () => {
  const folder = folderOf('default', 'many')
  const key = await store().put(folder, Buffer.alloc(20 * 1024 * 1024, 1))
  expect((await store().get(key)).length).toBe(20 * 1024 * 1024)
  for (let at = 0; at < 1_010; at += 10)
    await Promise.all(Array.from({ length: 10 }, (_, n) => store().put(folder, Buffer.from(`${at + n}`))))
  expect(await store().removeFolder(folder)).toBe(1_011)
  expect(await store().get(key).catch(payloadFaultOf)).toBe('missing')
  await store().check()
}, 120_000)

it('a large request is answered, and is gone from store and Temporal when it is forgotten', async () => {
  const { holdfast, client } = stack
  const { id } = await holdfast.generate({ prompt: large() })
  await client.workflow.getHandle(id).result()
  expect(await holdfast.forget(id, { waitMs: 90_000 })).toMatchObject({ runs: 1, objects: 1 })
  expect(await holdfastError(holdfast.result(id))).toMatchObject({ kind: 'not_found' })
}, 120_000)

it('a server that is away: what starts meanwhile is not accepted, what runs is answered', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ status: 503, times: 2 }])
  simulator.script('beta', [{ answer: 'late' }])
  const { id } = await holdfast.start({ prompt: large() })
  await stopServer()
  expect(await holdfastError(holdfast.start({ prompt: large() }))).toMatchObject({
    kind: 'unavailable',
    accepted: false,
  })
  await startServer()
  expect((await holdfast.result(id)).text).toBe('late')
}, 120_000)
