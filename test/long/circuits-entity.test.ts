/** The entity workflow on a real server: what it is sent, what it keeps over a continue-as-new, who may probe. */
import { randomUUID } from 'node:crypto'
import type { ProviderBoard } from '../../src/circuits/board'
import type { CircuitEntity } from '../../src/circuits/entity'
import {
  CIRCUITS_MEMO,
  circuitWorkflowId,
  FORCE_UPDATE,
  type ForceRequest,
  PERMIT_OUTCOME_SIGNAL,
  PERMIT_UPDATE,
  type PublishedCircuits,
  REPORT_SIGNAL,
  readPublished,
} from '../../src/contract/circuits'
import {
  boardsOn,
  call,
  entityOf,
  FAILED,
  messagesTo,
  ownProvider,
  policyOf,
  SUCCEEDED,
} from '../helpers/boards'
import { type BoardsOutage, twentyInOutage } from '../helpers/boards-outage'
import { phaseOf, untilPublished } from '../helpers/circuits'
import { type Stack, startStack } from '../helpers/stack'

const SECOND_MS = 1_000

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const force = (provider: string, answers: ForceRequest): Promise<PublishedCircuits> =>
  stack.client.workflow
    .getHandle(circuitWorkflowId(provider, stack.taskQueue))
    .executeUpdate<PublishedCircuits, [ForceRequest]>(FORCE_UPDATE, { args: [answers] })

it('starts with the worker, one for each provider, with its state in the memo and in the Web UI', async () => {
  for (const provider of ['alpha', 'beta']) {
    const state = await untilPublished(stack, provider, () => true)
    expect(phaseOf(state, 'model-a')).toBe('closed')
    const handle = stack.client.workflow.getHandle(circuitWorkflowId(provider, stack.taskQueue))
    const { staticSummary, status } = await handle.describe()
    expect([await staticSummary?.(), status.name]).toEqual([`The circuits of ${provider}`, 'RUNNING'])
  }
})

it('gets no signal at all while everything is healthy', async () => {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, 3)
  for (let n = 0; n < 200; n++) await call(boards[n % 3] as ProviderBoard, SUCCEEDED)
  await pause(2 * SECOND_MS)
  expect(await messagesTo(stack, provider)).toEqual({ signals: [], updates: [], runs: 1 })
})

describe('twenty boards in an outage', () => {
  const OUTAGE_MS = 5 * SECOND_MS
  let outage: BoardsOutage
  beforeAll(async () => {
    outage = await twentyInOutage(stack, OUTAGE_MS)
  }, 60_000)

  // On the whole: on a busy machine those of one second may arrive in the next (any second: circuits-entity.long).
  it('send the entity at most ten signals a second', () => {
    const { signals, took } = outage
    expect(signals.length).toBeGreaterThan(0)
    expect(signals.length).toBeLessThanOrEqual(10 * (took + 1))
  })

  it('make one probe for each open period, and few ask for it', () => {
    const { probes, updates, took } = outage
    expect(probes).toBeGreaterThan(0)
    expect(probes).toBeLessThanOrEqual(Math.ceil(took))
    // A board reads before it asks: most see that another one has the permit.
    expect(updates.length).toBeLessThanOrEqual(10 * (took + 1))
  })
})

it('stays responsive when twenty boards ask for one permit at once: one gets it', async () => {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, 20)
  const [first] = boards as [ProviderBoard]
  for (let n = 0; n < 5; n++) await call(first, FAILED)
  const opened = await untilPublished(stack, provider, (state) => phaseOf(state, 'm') === 'open')
  const phase = opened.circuits.models.m?.phase
  await pause(Math.max(0, (phase?.name === 'open' ? phase.until : 0) - Date.now()) + 50)
  const answers = await Promise.all(
    boards.map((board) =>
      board.admit({ id: randomUUID(), model: 'm', attemptMs: 5_000, policy: policyOf(), lastResort: false }),
    ),
  )
  const { updates } = await messagesTo(stack, provider)
  process.stderr.write(`20 asks at once: answered by ${updates.length} updates\n`)
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  const forced = await force(provider, { model: 'other', to: 'open' })
  expect(phaseOf(forced, 'm')).toBe('half_open')
}, 30_000)

describe('over at least five continue-as-news, while three workers report and ask', () => {
  const provider = ownProvider()
  const WORKERS = 3
  const REPORTS = 20
  const MAX_EVENTS = 30
  const policy = policyOf({ consecutive: 1_000_000 })
  const leaseMs = 60_000

  it('no report, no permit and nothing of the memo is lost', async () => {
    const workers = Array.from({ length: WORKERS }, () =>
      entityOf(stack, provider, { maxEvents: MAX_EVENTS }),
    )
    const [first] = workers as [CircuitEntity]
    await first.read()
    // `down` is open from the beginning, and one of the workers will get its permit.
    const down = {
      worker: 'w',
      workers: 1,
      calls: 5,
      failures: 5,
      trailingFailures: 5,
      connectionFailures: 0,
    }
    await first.report({
      worker: 'w',
      holds: [{ scope: 'held', until: Date.now() + leaseMs, reason: 'rate_limited' }],
      reports: [{ scope: 'down', version: 0, policy: policyOf({ openForMs: 1 }), report: down }],
    })
    await untilPublished(stack, provider, (state) => phaseOf(state, 'down') !== 'closed')

    let watching = true
    const seen: string[] = []
    const watcher = (async () => {
      while (watching) {
        const described = await stack.client.workflow
          .getHandle(circuitWorkflowId(provider, stack.taskQueue))
          .describe()
          .catch(() => null)
        if (described === null) continue
        const state = readPublished(described.memo?.[CIRCUITS_MEMO])
        seen.push(
          state === null
            ? 'no memo'
            : `${phaseOf(state, 'down')} ${state.circuits.models.held?.hold !== null}`,
        )
        await pause(5)
      }
    })()
    const granted = new Set<string>()
    await Promise.all(
      workers.map(async (entity, rank) => {
        for (let n = 0; n < REPORTS; n++) {
          const one = {
            worker: `w${rank}`,
            workers: 3,
            calls: 1,
            failures: 1,
            trailingFailures: 1,
            connectionFailures: 0,
          }
          await entity.report({
            worker: `w${rank}`,
            holds: [],
            reports: [{ scope: 'm', version: 0, policy, report: one }],
          })
          const id = `worker ${rank}`
          const answer = await entity.requestPermit({ id, model: 'down', leaseMs }).catch(() => null)
          if (answer?.granted) granted.add(id)
        }
      }),
    )
    watching = false
    await watcher

    const { runs } = await messagesTo(stack, provider)
    const { circuits } = await force(provider, { model: 'other', to: 'open' })
    process.stderr.write(`${runs - 1} continue-as-news, ${seen.length} reads of the memo\n`)
    expect(runs - 1).toBeGreaterThanOrEqual(5)
    expect(circuits.models.m?.recent?.failures).toBe(WORKERS * REPORTS)
    expect([...granted]).toHaveLength(1)
    const phase = circuits.models.down?.phase
    expect(phase?.name === 'half_open' ? phase.permit?.id : null).toBe([...granted][0])
    expect(new Set(seen.map((readMemo) => readMemo.replace('half_open', 'open')))).toEqual(
      new Set(['open true']),
    )
  }, 60_000)
})

it('a message that makes no sense changes nothing, and does not stop the entity', async () => {
  const provider = ownProvider()
  await entityOf(stack, provider).read()
  const handle = stack.client.workflow.getHandle(circuitWorkflowId(provider, stack.taskQueue))
  await handle.signal(REPORT_SIGNAL)
  await handle.signal(REPORT_SIGNAL, { reports: [{ scope: 'm' }], holds: 'none' })
  await handle.signal(PERMIT_OUTCOME_SIGNAL, 'what?')
  await expect(handle.executeUpdate(PERMIT_UPDATE, { args: [{ model: 'm' }] })).rejects.toThrow()
  await expect(handle.executeUpdate(FORCE_UPDATE)).rejects.toThrow()
  const { circuits } = await force(provider, { model: 'm', to: 'open' })
  expect(Object.entries(circuits.models).map(([model, { forced }]) => [model, forced])).toEqual([
    ['m', 'open'],
  ])
})
