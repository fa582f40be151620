/** The fault table through the whole stack: gateway, Temporal, worker, socket. The cases run side by side; each `it` reads one. */

import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { createSemaphore } from '../../src/util/semaphore'
import { ask, CASES, type Case, configOf, type Seen, scriptOf } from '../helpers/fault-cases'
import { FROM_FALLBACK, USAGE, WHOLE } from '../helpers/fault-table'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

/** On two cores: more would only wait for one another. */
const AT_ONCE = 12

describe('the fault table', () => {
  let stack: Stack
  let gateway: TestGateway
  const seen = new Map<string, Promise<Seen>>()

  beforeAll(async () => {
    const config = (url: string) => configOf(CASES, url)
    stack = await startStack({ config })
    gateway = await gatewayOver(stack, config)
    for (const one of CASES) scriptOf(stack.simulator, one)
    const turns = createSemaphore(AT_ONCE)
    for (const one of CASES) {
      const answer = turns(() => ask(gateway, one))
      answer.catch(() => undefined)
      seen.set(one.key, answer)
    }
  }, 60_000)
  afterAll(async () => {
    await gateway.close()
    await stack.close()
  })

  const seenOf = async ({ key }: Case): Promise<Seen> => {
    const found = seen.get(key)
    if (found === undefined) throw new Error(`${key} was not called`)
    return found
  }
  const callsOf = ({ key }: Case) => stack.simulator.calls({ provider: `primary${key}` })

  it.each(CASES.map((one) => [one.row.fault, one.mode, one] as const))(
    '%s (%s)',
    async (_fault, _mode, one) => {
      const { row } = one
      const answer = await seenOf(one)
      if (typeof row.caller === 'object') hasFailed(answer, row.caller)
      else isAnswered(answer, one)
      if (row.attempts !== undefined)
        expect(answer.attempts.map(({ candidate, failure }) => [candidate, failure?.class])).toEqual(
          row.attempts,
        )
      if (row.withinMs !== undefined) expect(answer.tookMs).toBeLessThan(row.withinMs)

      const atPrimary = answer.attempts.filter(({ candidate }) => candidate === 0)
      for (const attempt of atPrimary) expectItsFailure(attempt, one)
      const calls = row.baseUrl === undefined ? callsOf(one) : atPrimary
      expect(atPrimary).toHaveLength(calls.length)
      if (typeof row.calls === 'number') expect(calls).toHaveLength(row.calls)
      else {
        expect(calls.length).toBeGreaterThanOrEqual(1)
        expect(calls.length).toBeLessThanOrEqual(row.calls.atMost)
      }
    },
  )

  const casesOf = (fault: string) =>
    CASES.filter(({ row }) => row.fault === fault).map((one) => [one.mode, one] as const)

  it.each(casesOf('429 with Retry-After 2 s, once'))(
    'a Retry-After of 2 s is waited for (%s)',
    async (_mode, one) => {
      await seenOf(one)
      const [first, second] = callsOf(one)
      expect((second?.receivedAt ?? 0) - (first?.finishedAt ?? 0)).toBeGreaterThanOrEqual(1_800)
    },
  )

  it.each(casesOf('429 with Retry-After 600 s'))('a Retry-After of 600 s is not (%s)', async (_mode, one) => {
    const { attempts } = await seenOf(one)
    expect(attempts.map(({ candidate, retryInMs }) => [candidate, retryInMs])).toEqual([
      [0, undefined],
      [1, undefined],
    ])
  })
})

function hasFailed(answer: Seen, { status, says }: { status: number; says: RegExp }): void {
  expect(answer.message).toMatch(says)
  expect(answer.finished).toBe(false)
  // What had begun can't take its status back.
  if (answer.text === '') expect(answer.status).toBe(status)
  if (answer.status === 503) expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1)
}

function isAnswered(answer: Seen, { row, key }: Case): void {
  expect(answer).toMatchObject({ status: 200, message: null, finished: true })
  expect(answer.text).toBe(row.caller === 'whole' ? WHOLE : FROM_FALLBACK)
  const target = answer.models.at(-1)
  const by = target === `primary${key}/m` ? 'primary' : 'fallback'
  expect(target).toBe(`${by}${key}/m`)
  expect(by).toBe(row.caller === 'fallback' ? 'fallback' : (row.by ?? by))
  const { inputTokens, outputTokens } = USAGE[by]
  expect(answer.usage).toMatchObject({
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  })
}

function expectItsFailure({ failure }: AttemptRecord, { row, mode }: Case): void {
  if (failure === undefined || row.failed === undefined) return
  const { says = '', ...facts } = typeof row.failed === 'function' ? row.failed(mode) : row.failed
  expect(failure).toMatchObject({ ...facts, message: expect.stringContaining(says) })
}
