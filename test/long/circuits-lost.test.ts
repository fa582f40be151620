/** What a worker does when its signals do not reach the entity, can't be started, or stands still; and when it has not met its peers. */
import type { Client } from '@temporalio/client'
import pino from 'pino'
import { createProviderBoard } from '../../src/circuits/board'
import { type CircuitEntity, circuitEntity } from '../../src/circuits/entity'
import type { Peers } from '../../src/circuits/peers'
import { CIRCUIT_BUILD, circuitWorkflowId } from '../../src/contract/circuits'
import { installRuntime } from '../../src/worker'
import {
  boardsOn,
  call,
  entityOf,
  FAILED,
  messagesTo,
  ownProvider,
  policyOf,
  SUCCEEDED,
  silent,
} from '../helpers/boards'
import { phaseOf, untilPublished } from '../helpers/circuits'
import { until } from '../helpers/sockets'
import { type Stack, startStack } from '../helpers/stack'

const ALONE: Peers = { count: () => 1, rank: () => 0, refresh: async () => undefined }

let stack: Stack
beforeAll(async () => {
  installRuntime(silent)
  stack = await startStack()
})
afterAll(() => stack.close())

const boardOf = (provider: string, entity: CircuitEntity, peers: Peers = ALONE, logger = silent) =>
  createProviderBoard({
    provider,
    entity,
    peers,
    worker: 'w',
    logger,
    onUnreadable: () => undefined,
    now: Date.now,
    random: Math.random,
  })

const report = (failures: number) => ({
  worker: 'w',
  workers: 1,
  calls: failures,
  failures,
  trailingFailures: failures,
  connectionFailures: 0,
})

it('the end of a probe that did not reach the entity is reported again, long before its lease ends', async () => {
  const provider = ownProvider()
  const real = entityOf(stack, provider)
  let lost = 0
  const board = boardOf(provider, {
    ...real,
    async reportOutcome(outcome) {
      if (lost++ === 0) throw new Error('UNAVAILABLE')
      await real.reportOutcome(outcome)
    },
  })
  const policy = policyOf({ consecutive: 1 })
  await call(board, FAILED, policy)
  await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  await until(() => {
    void call(board, SUCCEEDED, policy)
    return lost > 0
  }, 5_000)
  const startedAt = Date.now()
  const asking = setInterval(() => void call(board, SUCCEEDED, policy), 50)
  try {
    await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'closed', 2_500)
  } finally {
    clearInterval(asking)
    await board.close()
  }
  // The lease is 3 s.
  expect(Date.now() - startedAt).toBeLessThan(2_500)
})

it('twenty workers that never saw a failure do not all ask at once for the permit', async () => {
  const provider = ownProvider()
  const [seer] = boardsOn(stack, provider, 1)
  if (seer === undefined) throw new Error('no board')
  const policy = policyOf({ consecutive: 1 })
  await call(seer, FAILED, policy)
  const opened = await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  const { phase } = opened.circuits.models.m ?? {}
  const openUntil = phase?.name === 'open' ? phase.until : 0
  const boards = Array.from({ length: 20 }, (_, rank) => {
    let known = 1
    const refresh = async () => {
      known = 20
    }
    return boardOf(provider, entityOf(stack, provider), { count: () => known, rank: () => rank, refresh })
  })
  await Promise.all(boards.map((board) => board.fresh(0)))
  await until(() => Date.now() > openUntil + 100, 5_000)
  await Promise.all(
    boards.map((board, n) =>
      board.admit({ id: `attempt-${n}`, model: 'm', attemptMs: 5_000, policy, lastResort: false }),
    ),
  )
  const { updates } = await messagesTo(stack, provider)
  process.stderr.write(`asks of twenty boards: ${updates.length}\n`)
  expect(updates.length).toBeLessThanOrEqual(10)
  await Promise.all([seer, ...boards].map((board) => board.close()))
})

it('a takeover whose start fails loses nothing: the next read starts it from the memo', async () => {
  const provider = ownProvider()
  const older = entityOf(stack, provider)
  await older.read()
  await older.report({
    worker: 'w',
    reports: [{ scope: 'm', version: 0, policy: policyOf({ openForMs: 60_000 }), report: report(5) }],
    holds: [],
  })
  await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  let broken = true
  const workflow = new Proxy(stack.client.workflow, {
    get(target, key) {
      if (key === 'start' && broken) return () => Promise.reject(new Error('UNAVAILABLE'))
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const client = new Proxy(stack.client, {
    get(target, key) {
      if (key === 'workflow') return workflow
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }) as Client
  const newer = circuitEntity(client, {
    provider,
    taskQueue: stack.taskQueue,
    logger: silent,
    build: CIRCUIT_BUILD + 1,
  })
  await expect(newer.read()).rejects.toThrow('UNAVAILABLE')
  broken = false
  expect(phaseOf(await newer.read(), 'm')).toBe('open')
})

it('a fleet that went back to an older build goes by its own view, not by the circuits of the day before', async () => {
  const provider = ownProvider()
  const policy = policyOf({ consecutive: 1 })
  const lines: { event?: string; reason?: string }[] = []
  const logger = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
  const board = boardOf(provider, entityOf(stack, provider), ALONE, logger)
  await call(board, FAILED, policy)
  await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  // The stack's worker is of the older build: it can't do a task of this run, nor give a permit.
  await entityOf(stack, provider, { build: CIRCUIT_BUILD + 1 }).read()
  try {
    let probed: { probe: boolean } | null = null
    await until(() => {
      void call(board, SUCCEEDED, policy).then((admitted) => {
        probed ??= admitted
      })
      return probed !== null
    }, 45_000)
    expect(probed).toEqual({ probe: false })
    expect(lines.find(({ event }) => event === 'circuits_unreachable')?.reason).toBe('EntityStuckError')
  } finally {
    await board.close()
    await stack.client.workflow.getHandle(circuitWorkflowId(provider, stack.taskQueue)).terminate()
  }
}, 60_000)
