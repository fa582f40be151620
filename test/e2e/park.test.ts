/** `onUnauthorized: park`: a generation that waits for a key, from the refusal to the answer of the next worker. */
import { forceCircuit } from '../../src/client/force-circuit'
import { listGenerations } from '../../src/client/list-generations'
import { readRecordedRuns, runOf } from '../../src/client/recorded-runs'
import { parseConfig } from '../../src/config'
import { createMetrics } from '../../src/telemetry/metrics'
import { reenact } from '../../src/testing/reenact'
import { startHost } from '../../src/worker'
import { silent } from '../helpers/boards'
import { untilPublished } from '../helpers/circuits'
import { type ErrorBody, gatewayOver, jsonOf } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeyEnv: ALPHA_KEY }
routes:
  default: { candidates: [alpha/model-a], retry: { maximumAttempts: 1 }, onUnauthorized: park, deadline: 60s }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, env: { ALPHA_KEY: 'refused-key' } })
})
afterAll(() => stack.close())

const parkedIds = async (): Promise<string[]> => {
  const found = await listGenerations(stack.client, { outcome: 'parked' }, 100)
  return found.map(({ id }) => id)
}

const mend = (): Promise<unknown> =>
  forceCircuit(stack.client, {
    config: parseConfig(config(stack.simulator.url)),
    taskQueue: stack.taskQueue,
    searchAttributes: 'all',
    target: 'alpha',
    to: 'auto',
  })

const AGAIN_MS = 3_000

/** Again and again: what is lifted before the refusal's report has come to the entity is held after it. */
async function mendUntil(what: string, condition: () => boolean): Promise<void> {
  let nextAt = 0
  await until(
    what,
    async () => {
      if (condition()) return true
      if (Date.now() < nextAt) return false
      nextAt = Date.now() + AGAIN_MS
      await mend()
      return false
    },
    30_000,
  )
}

it('a refused key parks it, whoever waits gets its id, and it is answered under its id when the key is good', async () => {
  const { simulator, holdfast } = stack
  simulator.script('alpha', [{ fault: 'unauthorized', times: 3 }, { answer: 'with the new key' }])
  const gateway = await gatewayOver(stack, config)
  const post = () =>
    gateway.post(
      '/v1/chat/completions',
      { model: 'default', messages: [{ role: 'user', content: 'hi' }] },
      { 'idempotency-key': 'k-1' },
    )
  const refused = await post()
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(5)
  expect(refused.headers.get('x-should-retry')).toBe('false')
  const { error } = await jsonOf<ErrorBody>(refused)
  const { generationId, accepted } = error.holdfast as { generationId: string; accepted: boolean }
  expect(accepted).toBe(true)
  expect(error.message).toContain('lack of a valid key of alpha')

  expect(await holdfast.status(generationId)).toMatchObject({
    state: 'running',
    parked: { providers: ['alpha'] },
  })
  await until('it is listed', async () => (await parkedIds()).includes(generationId))
  expect(stack.lines().filter(({ event }) => event === 'parked')).toMatchObject([
    { generation: generationId, route: 'default', providers: 'alpha' },
  ])
  expect(await stack.metrics.text()).toContain('holdfast_parked_total{route="default",provider="alpha"} 1')

  // Notified while the key is still refused: one more call, and it goes on waiting.
  await mendUntil('it has called once more', () => simulator.calls().length >= 2)
  simulator.script('alpha', [{ answer: 'with the new key' }])
  let text: string | null = null
  const answered = holdfast.result(generationId).then((result) => {
    text = result.text
  })
  await mendUntil('it is answered', () => text !== null)
  await answered
  expect(text).toBe('with the new key')
  // One more where a hold that came late was lifted twice.
  expect(simulator.calls().length).toBeGreaterThanOrEqual(3)
  expect(simulator.calls().length).toBeLessThanOrEqual(4)
  const again = await post()
  expect(again.headers.get('x-holdfast-generation')).toBe(generationId)
  expect(await parkedIds()).not.toContain(generationId)
  const { waits } = runOf(await readRecordedRuns(stack.client, generationId))
  expect(waits).toContainEqual(
    expect.objectContaining({ reason: 'key', targets: ['alpha/model-a'], endedBy: 'signal' }),
  )
  await gateway.close()
  const history = await stack.client.workflow.getHandle(generationId).fetchHistory()
  const enacted = await reenact(history)
  expect(enacted).toMatchObject({ before: { outcome: 'answered' } })
  expect(enacted.unknown).toContain('parked for lack of a valid key of alpha')
}, 60_000)

it('its stream ends in an error that has its id, and it can be cancelled while it waits', async () => {
  const { simulator, holdfast } = stack
  simulator.script('alpha', [{ fault: 'unauthorized' }])
  const error = await holdfastError(
    (async () => {
      for await (const _event of holdfast.stream({ prompt: 'hi' }));
    })(),
  )
  expect(error).toMatchObject({ kind: 'unavailable', accepted: true })
  const id = String(error.generationId)
  await holdfast.cancel(id)
  expect(await holdfastError(holdfast.result(id))).toMatchObject({ kind: 'cancelled' })
}, 60_000)

/** One more worker of this fleet, with this key. */
const workerWith = (key: string) =>
  startHost({
    config: parseConfig(config(stack.simulator.url)),
    env: { ALPHA_KEY: key, HOLDFAST_VERSIONING: 'off' },
    logger: silent,
    metrics: createMetrics(),
    temporal: { ...testServer(), connection: {} },
    taskQueue: stack.taskQueue,
  })

it.each([['unauthorized'], ['quota_exhausted']] as const)(
  'parked over %s it goes on when a worker starts with another key, and not when one starts with the same',
  async (fault) => {
    const { simulator, holdfast } = stack
    await mend()
    simulator.reset()
    simulator.script('alpha', [{ fault, times: 1 }, { answer: 'with the key of another worker' }])
    const { id } = await holdfast.start({ prompt: `to be parked over ${fault}` })
    await until('it is parked', async () => (await parkedIds()).includes(id))
    await untilPublished(stack, 'alpha', ({ circuits }) => circuits.account.hold?.key !== undefined)

    const same = await workerWith('refused-key')
    await same.close()
    const other = await workerWith('another-key')
    const { text } = await holdfast.result(id)
    expect(text).toBe('with the key of another worker')
    expect(simulator.calls()).toHaveLength(2)
    const { circuits } = await untilPublished(stack, 'alpha', (now) => now.circuits.account.hold === null)
    expect(JSON.stringify(circuits)).not.toContain('-key')
    await other.close()
  },
  60_000,
)
