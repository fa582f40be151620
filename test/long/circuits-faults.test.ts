/** What happens to the circuits when the entity, its server, its build or the prober goes. */
import path from 'node:path'
import { Client } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import pino from 'pino'
import { createProviderBoard, type ProviderBoard } from '../../src/circuits/board'
import { circuitEntity } from '../../src/circuits/entity'
import { CIRCUIT_BUILD, circuitWorkflowId } from '../../src/contract/circuits'
import { startEmbeddedServer } from '../../src/dev-server/embedded'
import { keptBundle, workflowBundle } from '../../src/temporal/workflow-bundle'
import { installRuntime } from '../../src/worker'
import { boardsOn, call, FAILED, ownProvider, policyOf, SUCCEEDED, silent } from '../helpers/boards'
import { phaseOf, untilPublished } from '../helpers/circuits'
import { until } from '../helpers/sockets'
import { type Stack, startStack } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

beforeAll(() => installRuntime(silent))

const NEXT_BUILD = CIRCUIT_BUILD + 1
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const LONG = policyOf({ openForMs: 60_000, maxOpenForMs: 60_000 })

async function trip(board: ProviderBoard, model = 'm'): Promise<void> {
  for (let n = 0; n < 5; n++) await call(board, FAILED, LONG, model)
}

describe('an entity that was terminated', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())

  it('is started anew from what a worker last read, and nobody notices', async () => {
    const provider = ownProvider()
    const lines: { event?: string }[] = []
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
    const [board] = boardsOn(stack, provider, 1, logger) as [ProviderBoard]
    await trip(board)
    const before = await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
    await board.fresh(0)
    const handle = stack.client.workflow.getHandle(circuitWorkflowId(provider, stack.taskQueue))
    await handle.terminate('as an operator might')
    expect(await call(board, SUCCEEDED, LONG, 'other')).toEqual({ probe: false })
    expect(await call(board, SUCCEEDED, LONG)).toBeNull()
    await board.fresh(0)
    expect((await handle.describe()).status.name).toBe('RUNNING')
    const after = await untilPublished(stack, provider, () => true)
    expect(after.circuits.models.m?.phase).toEqual(before.circuits.models.m?.phase)
    expect(lines.map(({ event }) => event)).toEqual(['circuits_ended'])
    await board.close()
  })
})

describe('an entity that can not be reached', () => {
  it('leaves the worker to its own view: one log line when it goes, one when it is back', async () => {
    const server = await startEmbeddedServer()
    const connection = await NativeConnection.connect({ address: server.address })
    const taskQueue = ownTaskQueue('unreachable')
    const client = new Client({ connection })
    const lines: { event?: string }[] = []
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
    const provider = ownProvider()
    const board = createProviderBoard({
      provider,
      entity: circuitEntity(client, { provider, taskQueue, logger }),
      peers: { count: () => 1, rank: () => 0, refresh: async () => undefined },
      worker: 'w',
      logger,
      onUnreadable: () => undefined,
      now: Date.now,
      random: Math.random,
    })
    await board.fresh(0)
    const [, port] = server.address.split(':')
    await server.stop()

    const events = () => lines.map(({ event }) => event)
    const startedAt = Date.now()
    await until(() => {
      void call(board, SUCCEEDED, LONG)
      return events().includes('circuits_unreachable')
    }, 10_000)
    // Its own view: five failures are enough, for two seconds.
    await pause(Math.max(0, startedAt + 6_000 - Date.now()))
    await trip(board)
    const trippedAt = Date.now()
    expect(await call(board, SUCCEEDED, LONG)).toBeNull()
    await pause(2_100 - (Date.now() - trippedAt))
    expect(await call(board, SUCCEEDED, LONG)).toEqual({ probe: false })
    expect(Date.now() - trippedAt).toBeLessThan(4_000)

    const again = await startEmbeddedServer({ port: Number(port) })
    try {
      await until(() => {
        void call(board, SUCCEEDED, LONG)
        return events().includes('circuits_reachable')
      }, 20_000)
      expect(events().filter((event) => event?.startsWith('circuits_'))).toEqual([
        'circuits_unreachable',
        // All was in that server's memory.
        'circuits_ended',
        'circuits_reachable',
      ])
    } finally {
      await board.close()
      await connection.close()
      await again.stop()
    }
  }, 60_000)
})

describe('a newer build', () => {
  it('takes an older entity over with its state, and its own reducer decides from then on', async () => {
    const { address, namespace } = testServer()
    const connection = await NativeConnection.connect({ address })
    const client = new Client({ connection, namespace })
    const taskQueue = ownTaskQueue('builds')
    const where = { client, taskQueue }
    const provider = ownProvider()
    const entityOfBuild = (build?: number) =>
      circuitEntity(client, { provider, taskQueue, logger: silent, build })
    // A connection has one worker of a task queue.
    const another = await NativeConnection.connect({ address })
    const workerOf = (on: NativeConnection, bundle: { codePath: string }) =>
      Worker.create({ connection: on, namespace, taskQueue, workflowBundle: bundle })

    const older = await workerOf(connection, await workflowBundle())
    const running = [older.run()]
    try {
      const one = entityOfBuild()
      await one.read()
      const failures = {
        worker: 'w',
        workers: 1,
        calls: 5,
        failures: 5,
        trailingFailures: 5,
        connectionFailures: 0,
      }
      await one.report({
        worker: 'w',
        reports: [{ scope: 'm', version: 0, policy: LONG, report: failures }],
        holds: [{ scope: 'held', until: Date.now() + 60_000, reason: 'rate_limited' }],
      })
      const before = await untilPublished(where, provider, (state) => phaseOf(state, 'm') === 'open')

      const newer = await workerOf(
        another,
        await keptBundle(path.join(__dirname, '..', 'fixtures', 'builds', 'two.ts')),
      )
      running.push(newer.run())
      // Two of the new workers find it at once.
      const taken = await Promise.all([entityOfBuild(NEXT_BUILD).read(), entityOfBuild(NEXT_BUILD).read()])
      expect(taken.map(({ build }) => build)).toEqual([NEXT_BUILD, NEXT_BUILD])
      const after = await untilPublished(where, provider, ({ build }) => build === NEXT_BUILD)
      expect(after.circuits).toEqual(before.circuits)
      // The old worker's board goes along with it.
      expect((await one.read()).build).toBe(NEXT_BUILD)

      // Both builds' workers still poll: only the new one's reducer is used.
      const first = { ...failures, calls: 1, failures: 1, trailingFailures: 1 }
      await one.report({
        worker: 'w',
        reports: [{ scope: 'n', version: 0, policy: LONG, report: first }],
        holds: [],
      })
      const decided = await untilPublished(where, provider, (state) => phaseOf(state, 'n') === 'open', 15_000)
      expect(decided.build).toBe(NEXT_BUILD)
      expect(decided.circuits.models.m?.phase).toEqual(before.circuits.models.m?.phase)
      await one.read()
      expect((await untilPublished(where, provider, () => true)).build).toBe(NEXT_BUILD)
      newer.shutdown()
    } finally {
      older.shutdown()
      await Promise.all(running)
      await connection.close()
      await another.close()
    }
  }, 60_000)
})

describe('a prober that is gone', () => {
  const ATTEMPT_MS = 500
  /** Of a permit, beyond the attempt's own time. */
  const LEASE_SLACK_MS = 2_000
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())

  it('delays the next probe till its lease has ended, and another worker makes it', async () => {
    const provider = ownProvider()
    const [dead, next] = boardsOn(stack, provider, 2) as [ProviderBoard, ProviderBoard]
    const policy = policyOf({ consecutive: 1 })
    await call(dead, FAILED, policy)
    await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
    const probeOn = async (board: ProviderBoard, id: string): Promise<number> => {
      const attempt = { id, model: 'm', attemptMs: ATTEMPT_MS, policy, lastResort: false }
      for (;;) {
        const admitted = await board.admit(attempt)
        if (admitted.ok) {
          expect(admitted.probe).toBe(true)
          if (id === 'next') admitted.reportOutcome(SUCCEEDED)
          return Date.now()
        }
        await pause(20)
      }
    }
    // It never reports the outcome.
    const probedAt = await probeOn(dead, 'dead')
    const againAt = await probeOn(next, 'next')
    expect(againAt - probedAt).toBeGreaterThanOrEqual(ATTEMPT_MS + LEASE_SLACK_MS - 500)
    await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'closed')
    await Promise.all([dead.close(), next.close()])
  }, 30_000)
})
