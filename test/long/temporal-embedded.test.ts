import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Client, type Connection } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { temporal } from '@temporalio/proto'
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes'
import { lockData } from '../../src/dev-server/data-lock'
import { type EmbeddedOptions, type EmbeddedServer, startEmbeddedServer } from '../../src/dev-server/embedded'
import { findTemporalCli } from '../../src/dev-server/find-cli'
import { freePorts, portIsFree, portIsServed } from '../../src/dev-server/ports'
import { serverEnv } from '../../src/dev-server/server-args'
import { spawnGuarded } from '../../src/dev-server/watched-server'
import { connectClient } from '../../src/temporal/connection'
import { checkSearchAttributes } from '../../src/temporal/search-attributes'
import { isAlive, runProgram, untilGone } from '../helpers/processes'

const ROUTE_KEY = defineSearchAttributeKey('HoldfastRoute', 'KEYWORD')

// Starting a server takes a second or two, on a busy machine many.
jest.setTimeout(90_000)

const IP = '127.0.0.1'
let directory: string
let cli: string
const endings: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  cli = await findTemporalCli()
})
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'holdfast-embedded-'))
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
  rmSync(directory, { recursive: true, force: true })
})

async function start(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ cli, ...options })
  endings.push(() => server.stop())
  return server
}

const deadPid = () => spawnSync('true').pid

const parentOf = (pid: number) =>
  Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }))

async function connect(address: string): Promise<Connection> {
  const connection = await connectClient({ address }, 10_000)
  endings.push(() => connection.close())
  return connection
}

async function startRun(address: string, workflowId: string): Promise<void> {
  const client = new Client({ connection: await connect(address) })
  await client.workflow.start('nobody-runs-it', {
    workflowId,
    taskQueue: 'nobody',
    typedSearchAttributes: [{ key: ROUTE_KEY, value: 'default' }],
  })
}

async function statusOf(address: string, workflowId: string) {
  const client = new Client({ connection: await connect(address) })
  const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe()
  return { status: status.name, route: typedSearchAttributes.get(ROUTE_KEY) }
}

describe('the embedded server', () => {
  it('serves, knows the search attributes, and keeps ended runs for seven days', async () => {
    const { address, uiUrl, namespace } = await start({ namespace: 'own' })
    const connection = await connect(address)
    for (const name of [namespace, 'default'])
      expect(await checkSearchAttributes(connection, name)).toEqual({ ok: true })
    const { config } = await connection.workflowService.describeNamespace({ namespace })
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(7 * 86_400)
    const { status } = await fetch(uiUrl)
    expect(status).toBe(200)
  })

  it('fires timers of 300 ms in time, not after a whole second', async () => {
    const { address } = await start()
    const connection = await connect(address)
    const took: number[] = []
    for (const workflowId of ['a', 'b', 'c', 'd', 'e']) took.push(await timerMs(connection, workflowId, 300))
    // The middle one: on a busy machine any single one may be late.
    const [, , middle] = took.sort((a, b) => a - b)
    expect(middle).toBeLessThan(600)
  })

  it('keeps a run, its search attributes and its log in files when it is stopped and started again', async () => {
    const options = {
      dataFile: path.join(directory, 'deep', 'temporal.db'),
      logFile: path.join(directory, 'log'),
    }
    const first = await start(options)
    await startRun(first.address, 'kept')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)
    const second = await start(options)
    expect(await statusOf(second.address, 'kept')).toEqual({ status: 'RUNNING', route: 'default' })
    expect(await checkSearchAttributes(await connect(second.address), 'default')).toEqual({ ok: true })
    await second.stop()
    expect(readFileSync(options.logFile, 'utf8').match(/Temporal Server:/g)).toHaveLength(2)
  })

  it('ends when the process that started it is killed, and the next one starts at once on the same data and ports', async () => {
    const [port, uiPort] = await freePorts(2, IP)
    const options = { cli, port, uiPort, dataFile: path.join(directory, 'temporal.db') }
    const owner = runProgram('embedded-owner.ts', [JSON.stringify(options)])
    endings.push(() => owner.kill())
    const { pid, address } = (await owner.firstLine) as { pid: number; address: string }
    await startRun(address, 'kept')
    await owner.kill('SIGKILL')
    const next = await start(options as EmbeddedOptions)
    await untilGone(pid)
    expect(await statusOf(next.address, 'kept')).toEqual({ status: 'RUNNING', route: 'default' })
  })

  it('is ended by the next one on its data where it was left behind by a process and a guard both killed', async () => {
    const dataFile = path.join(directory, 'temporal.db')
    // Stands in for the server: a process that names the file.
    const left = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)', dataFile])
    endings.push(async () => left.kill('SIGKILL'))
    const ended = once(left, 'exit')
    writeFileSync(`${dataFile}.lock`, JSON.stringify({ ownerPid: deadPid(), serverPid: left.pid }))
    const lock = await lockData(dataFile)
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(lock.takenOver).toBe(true)
  })

  it('in memory, ends within a second of the process that started it', async () => {
    const owner = runProgram('embedded-owner.ts', [JSON.stringify({ cli })])
    endings.push(() => owner.kill())
    const { pid } = (await owner.firstLine) as { pid: number }
    await owner.kill('SIGKILL')
    expect(await untilGone(pid)).toBeLessThan(1_000)
  })

  it('ends when its guard is killed', async () => {
    // Stands in for the server: silent, so that it doesn't end by writing to its guard's closed pipe.
    const args = ['-e', 'setInterval(() => undefined, 60_000)']
    const order = { command: process.execPath, args, env: {}, logFile: null, graceMs: 0 }
    const server = spawnGuarded(order)
    endings.push(() => server.stop())
    const pid = await server.pid
    process.kill(parentOf(pid), 'SIGKILL')
    await server.exited
    await untilGone(pid, 3_000)
  })

  it('reports how a server ended that ended by itself', async () => {
    const { pid, exited } = await start()
    process.kill(pid, 'SIGKILL')
    expect(await exited).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it.each([
    ['port', '--temporal-port'],
    ['uiPort', '--ui-port'],
  ])('refuses a taken %s, naming it and %s', async (option, flag) => {
    const taken = net.createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => taken.listen(0, IP, resolve))
    endings.push(() => new Promise((resolve) => taken.close(resolve)))
    const { port } = taken.address() as net.AddressInfo
    const starting = startEmbeddedServer({ cli, [option]: port })
    await expect(starting).rejects.toMatchObject({
      reason: 'port_taken',
      message: expect.stringContaining(flag),
    })
    await expect(starting).rejects.toThrow(String(port))
  })

  it('refuses data that another server is using', async () => {
    const dataFile = path.join(directory, 'temporal.db')
    await start({ dataFile })
    const second = runProgram('embedded-owner.ts', [JSON.stringify({ cli, dataFile })])
    endings.push(() => second.kill())
    await expect(second.firstLine).rejects.toThrow(new RegExp(`in use by process ${process.pid}`))
  })

  it('starts where a lock was left by a process id that now belongs to somebody else', async () => {
    const dataFile = path.join(directory, 'temporal.db')
    writeFileSync(`${dataFile}.lock`, JSON.stringify({ ownerPid: deadPid(), serverPid: process.pid }))
    await start({ dataFile })
    expect(isAlive(process.pid)).toBe(true)
  })

  it('gives the last lines of a server that dies before it is ready', async () => {
    const broken = path.join(directory, 'broken')
    writeFileSync(broken, '#!/bin/sh\necho "the disk is full" >&2\nexit 3\n')
    chmodSync(broken, 0o755)
    const starting = startEmbeddedServer({ cli: broken })
    await expect(starting).rejects.toThrow(/exit code 3[\s\S]*the disk is full/)
    await expect(starting).rejects.toMatchObject({ reason: 'died' })
  })

  it('does not hand the keys of providers to the server', () => {
    expect(serverEnv({ PATH: '/bin', OPENAI_API_KEY: 'secret' })).toEqual({ PATH: '/bin', GOGC: '400' })
  })
})

describe('the check of the search attributes', () => {
  it('names what a plain server lacks, and its command registers it', async () => {
    const [port = 0, uiPort = 0] = await freePorts(2, IP)
    const args = ['server', 'start-dev', '--ip', IP, '--port', String(port), '--ui-port', String(uiPort)]
    const plain = spawnGuarded({ command: cli, args, env: serverEnv(process.env), logFile: null, graceMs: 0 })
    endings.push(() => plain.stop())
    await portIsServed(port, IP, 30_000)
    const connection = await connect(`${IP}:${port}`)
    const check = await checkSearchAttributes(connection, 'default', 10_000)
    if (check.ok) throw new Error('a plain server knows them')
    expect(check.missing).toEqual(SEARCH_ATTRIBUTE_NAMES)
    expect(check.message).toContain(check.command)

    const [, ...command] = check.command.split(' ')
    execFileSync(cli, [...command, '--address', `${IP}:${port}`])
    expect(await checkSearchAttributes(connection, 'default', 10_000)).toEqual({ ok: true })
  })

  it('finds nothing missing in a database that a plain server made, once our server has taken it over', async () => {
    const dataFile = path.join(directory, 'plain.db')
    const [port = 0, uiPort = 0] = await freePorts(2, IP)
    const ports = ['--ip', IP, '--port', String(port), '--ui-port', String(uiPort)]
    const args = ['server', 'start-dev', ...ports, '--db-filename', dataFile]
    const plain = spawnGuarded({
      command: cli,
      args,
      env: serverEnv(process.env),
      logFile: null,
      graceMs: 3_000,
    })
    endings.push(() => plain.stop())
    await portIsServed(port, IP, 30_000)
    const check = await checkSearchAttributes(await connect(`${IP}:${port}`), 'default', 10_000)
    expect(check.ok).toBe(false)
    await plain.stop()

    const { address } = await start({ dataFile })
    expect(await checkSearchAttributes(await connect(address), 'default', 10_000)).toEqual({ ok: true })
    await startRun(address, 'at-once')
    expect(await statusOf(address, 'at-once')).toEqual({ status: 'RUNNING', route: 'default' })
  })

  it('counts all as missing where the cluster cannot be called', async () => {
    const { address, stop } = await start()
    const connection = await connect(address)
    await stop()
    const check = await checkSearchAttributes(connection, 'default', 500)
    expect(check).toMatchObject({ ok: false, message: expect.stringContaining('could not be checked') })
    const [, port = ''] = address.split(':')
    expect(await portIsFree(Number(port), IP)).toBe(true)
  })
})

/** How long a timer takes, from a workflow task answered by hand: no worker's own delays come in. */
async function timerMs(connection: Connection, workflowId: string, ms: number): Promise<number> {
  const { workflowService } = connection
  const taskQueue = { name: workflowId }
  const poll = () =>
    connection.withDeadline(Date.now() + 20_000, () =>
      workflowService.pollWorkflowTaskQueue({ namespace: 'default', taskQueue, identity: 'test' }),
    )
  await workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: workflowId,
    workflowType: { name: 'timer' },
    taskQueue,
  })
  const { taskToken } = await poll()
  const startedAt = Date.now()
  await workflowService.respondWorkflowTaskCompleted({
    namespace: 'default',
    taskToken,
    commands: [
      {
        commandType: temporal.api.enums.v1.CommandType.COMMAND_TYPE_START_TIMER,
        startTimerCommandAttributes: { timerId: '1', startToFireTimeout: { nanos: ms * 1e6 } },
      },
    ],
  })
  await poll()
  return Date.now() - startedAt
}
