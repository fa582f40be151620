/** Temporal at the address, or what stands there in its place; its namespace, and what is registered in it. */
import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { temporal } from '@temporalio/proto'
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes'
import { isOlder } from '../../src/doctor/temporal-checks'
import { connectClient } from '../../src/temporal/connection'
import { type DoctorStand, doctorStand, KEYLESS, of, unwell } from '../helpers/doctor'
import { type PlainServer, startPlainServer } from '../helpers/plain-server'
import { until } from '../helpers/processes'
import { listen } from '../helpers/sockets'

const ALL = SEARCH_ATTRIBUTE_NAMES.length
const { IndexedValueType } = temporal.api.enums.v1

let doctor: DoctorStand
let server: PlainServer
beforeAll(async () => {
  doctor = doctorStand(KEYLESS)
  server = await startPlainServer({ 'limit.blobSize.error': '1048576' })
}, 60_000)
afterAll(async () => {
  doctor.close()
  await server.stop()
})

const look = (only: string[], env: { [name: string]: string } = {}) =>
  doctor.findings(only, { TEMPORAL_ADDRESS: server.address, ...env })

/** Changes the server as an operator would. */
async function operate<T>(
  act: (connection: Awaited<ReturnType<typeof connectClient>>) => Promise<T>,
): Promise<T> {
  const connection = await connectClient({ address: server.address })
  try {
    return await act(connection)
  } finally {
    await connection.close()
  }
}

describe('reachable', () => {
  it('nothing listens: an error that names the address, and nothing behind it is an error of its own', async () => {
    const free = await listen(net.createServer())
    await free.close()
    const findings = await look(['temporal', 'settings', 'clock', 'workers', 'circuits'], {
      TEMPORAL_ADDRESS: `127.0.0.1:${free.port}`,
    })
    expect(unwell(findings)).toEqual(['error temporal.reachable'])
    const [finding] = of(findings, 'temporal.reachable')
    expect(finding?.message).toBe(`Temporal is not reachable at 127.0.0.1:${free.port}: connection refused`)
    expect(finding?.fix).toContain('TEMPORAL_ADDRESS')
  })

  it('one that takes connections and never answers is an error within the limit', async () => {
    const sockets = new Set<net.Socket>()
    const mute = await listen(net.createServer((socket) => sockets.add(socket)))
    const [finding] = await look(['temporal.reachable'], { TEMPORAL_ADDRESS: `127.0.0.1:${mute.port}` })
    for (const socket of sockets) socket.destroy()
    await mute.close()
    expect(finding).toMatchObject({
      status: 'error',
      message: expect.stringContaining('no answer within 2 s'),
    })
  })

  it('one that answers in another protocol is an error', async () => {
    const other = await listen(net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const [finding] = await look(['temporal.reachable'], { TEMPORAL_ADDRESS: `127.0.0.1:${other.port}` })
    await other.close()
    expect(finding).toMatchObject({ status: 'error', check: 'temporal.reachable' })
  })

  it('an API key turns TLS on, which this server does not have: the error says so, and never the key', async () => {
    const [finding] = await look(['temporal.reachable'], { TEMPORAL_API_KEY: 'a-very-secret-key' })
    expect(finding?.message).toContain('the server uses no TLS, which TEMPORAL_API_KEY turns on')
    expect(JSON.stringify(finding)).not.toContain('very-secret')
  })

  it('an address without a port is an error that says what to write', async () => {
    const [finding] = await look(['temporal.reachable'], { TEMPORAL_ADDRESS: 'temporal.example' })
    expect(finding).toMatchObject({
      status: 'error',
      message: expect.stringContaining('temporal.example:7233'),
    })
  })

  it('one that answers says how fast, and its version is the tested one', async () => {
    const findings = await look(['temporal.version'])
    expect(unwell(findings)).toEqual([])
    expect(of(findings, 'temporal.reachable')[0]?.message).toMatch(/no TLS, no API key: connected in \d+ ms/)
    expect(of(findings, 'temporal.version')[0]?.message).toMatch(/^server 1\.\d+/)
  })
})

it('an older server is one whose major or minor is smaller', () => {
  expect(['1.31.9', '0.99', '1.9.0'].map((version) => isOlder(version, '1.32'))).toEqual([true, true, true])
  expect(['1.32.0', '1.33', '2.0', '1.32.0-rc1'].map((version) => isOlder(version, '1.32'))).toEqual([
    false,
    false,
    false,
    false,
  ])
})

it('a namespace that nobody made is an error with the command that makes it', async () => {
  const findings = await look(['temporal', 'workers'], { TEMPORAL_NAMESPACE: 'nowhere' })
  expect(unwell(findings)).toEqual(['error temporal.namespace'])
  expect(of(findings, 'temporal.namespace')[0]).toMatchObject({
    message: 'the namespace "nowhere" does not exist there',
    fix: expect.stringContaining('temporal operator namespace create --namespace nowhere'),
  })
})

it('a limit of 1 MiB for payloads is a warning with the length of an answer', async () => {
  const [finding] = of(await look(['temporal.limits']), 'temporal.limits')
  expect(finding).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('a payload may have 1.0 MiB, so an answer 972.8 KiB'),
    fix: expect.stringContaining('limit.blobSize.error'),
  })
})

it('a retention of one hour is a warning with the command that raises it; that of a day is none', async () => {
  const retentionOf = async () => of(await look(['temporal.retention']), 'temporal.retention')[0]
  expect(await retentionOf()).toMatchObject({ status: 'ok' })
  await operate(({ workflowService }) =>
    workflowService.updateNamespace({
      namespace: 'default',
      config: { workflowExecutionRetentionTtl: { seconds: 3_600 } },
    } as never),
  )
  expect(await retentionOf()).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('kept for 1h'),
    fix: 'temporal operator namespace update --namespace default --retention 7d',
  })
})

it('search attributes: all missing is a warning with the command; one of another type is an error that names it', async () => {
  const attributes = async () => of(await look(['temporal.attributes']), 'temporal.attributes')[0]
  expect(await attributes()).toMatchObject({
    status: 'warn',
    message: expect.stringContaining(`${ALL} of ${ALL} are missing (HoldfastRoute`),
    fix: expect.stringContaining(
      'search-attribute create --namespace default --name HoldfastRoute --type Keyword',
    ),
  })
  await operate(({ operatorService }) =>
    operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: { HoldfastRoute: IndexedValueType.INDEXED_VALUE_TYPE_INT },
    }),
  )
  expect(await attributes()).toMatchObject({
    status: 'error',
    message: expect.stringContaining('another type is registered for HoldfastRoute'),
    fix: expect.stringContaining('search-attribute remove --namespace default --name HoldfastRoute'),
  })
})

it('a generation whose workflow task fails again and again is an error, of its own task queue alone', async () => {
  const taskQueue = `stuck-${randomUUID()}`
  await operate(async (connection) => {
    const { workflowService } = connection
    const on = { namespace: 'default', taskQueue: { name: taskQueue } }
    const started = { workflowId: taskQueue, workflowType: { name: 'generation' }, requestId: randomUUID() }
    await workflowService.startWorkflowExecution({ ...on, ...started })
    // The server marks it after the fifth.
    for (let fails = 0; fails < 5; fails += 1) {
      const { taskToken } = await connection.withDeadline(Date.now() + 20_000, () =>
        workflowService.pollWorkflowTaskQueue(on),
      )
      await workflowService.respondWorkflowTaskFailed({ namespace: 'default', taskToken })
    }
  })
  const stuck = async (queue: string) =>
    of(await look(['temporal.stuck'], { HOLDFAST_TASK_QUEUE: queue }), 'temporal.stuck')[0]
  await until('the run is marked', async () => (await stuck(taskQueue))?.status === 'error')
  expect(await stuck(taskQueue)).toMatchObject({
    message: '1 running generation is stuck: each of its workflow tasks fails',
    fix: expect.stringContaining('holdfast explain ID'),
  })
  expect(await stuck('another')).toMatchObject({ status: 'ok' })
}, 40_000)
