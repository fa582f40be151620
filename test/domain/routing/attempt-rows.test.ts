import { GAVE_WAY_CODE } from '../../../src/domain/failures/failure'
import { attemptRows, attemptsCostUsd } from '../../../src/domain/routing/attempt-rows'
import { attempt, candidate, failureOf } from './arbitraries'

const followed = (...args: Parameters<typeof attemptRows>) => attemptRows(...args).map((row) => row.followed)
const other = { candidate: 1, target: 'anthropic/claude' }

it('stand in the order of their starts, whatever the order of their ends (ATTEMPT-ROWS-1)', () => {
  const slow = attempt(1, failureOf('cancelled'), { durationMs: 500 })
  const hedge = attempt(1, undefined, { ...other, startedAt: 1_200, durationMs: 250 })
  expect(attemptRows([hedge, slow]).map(({ at, target }) => [at, target])).toEqual([
    ['+0 ms', 'openai/gpt-5'],
    ['+200 ms', 'anthropic/claude'],
  ])
})

it('say the status, the class and what the provider said, each once', () => {
  const refused = attempt(1, failureOf('rate_limited', { status: 429, message: 'HTTP 429: slow down' }))
  expect(attemptRows([refused])).toMatchObject([{ outcome: '429 rate_limited', why: 'slow down' }])
})

describe('what followed from an attempt', () => {
  const failed = failureOf('overloaded')

  it('a wait, with its reason', () => {
    const backoff = attempt(1, failed, { retryInMs: 500 })
    const said = attempt(2, failureOf('rate_limited', { retryAfterMs: 90_000 }), { retryInMs: 90_000 })
    expect(followed([backoff, said, attempt(3)])).toEqual([
      'waited 500 ms (backoff)',
      'waited 1 min 30 s (Retry-After asked for 1 min 30 s)',
      'done',
    ])
  })

  it('a fallback, the same target again, and the way back in a later pass', () => {
    const second = attempt(1, failed, { ...other, startedAt: 2_000 })
    const third = attempt(1, failed, { startedAt: 3_000 })
    expect(followed([attempt(1, failed), second, third, attempt(2, failed, { startedAt: 4_000 })])).toEqual([
      'fell back to anthropic/claude',
      'back to openai/gpt-5',
      'tried again',
      'gave up',
    ])
  })

  it('one that failed beside another is left to it; one that lost is hung up on; one that gave way says so', () => {
    const early = attempt(1, failed)
    const beside = attempt(1, undefined, { ...other, startedAt: 1_050, durationMs: 500 })
    const lost = attempt(1, failureOf('cancelled'), { startedAt: 1_010 })
    const way = attempt(1, failureOf('cancelled', { code: GAVE_WAY_CODE }), { startedAt: 1_020 })
    expect(followed([early, beside, lost, way])).toEqual([
      'left to anthropic/claude',
      'hung up',
      'gave way',
      'done',
    ])
  })
})

it('all of them cost what those cost whose price and usage are known', () => {
  const priced = [candidate('openai/gpt-5', { facts: { inputPerMillion: 2, outputPerMillion: 4 } })]
  const usage = { inputTokens: 100, outputTokens: 50 }
  const paid = attempt(1, failureOf('schema_mismatch'), { usage })
  expect(attemptsCostUsd([paid, attempt(2, undefined, { usage }), attempt(3)], priced)).toBeCloseTo(0.0008, 9)
  expect(attemptsCostUsd([attempt(1)], priced)).toBeNull()
  expect(attemptsCostUsd([attempt(1, undefined, { usage })], [])).toBeNull()
})
