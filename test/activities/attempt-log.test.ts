import fc from 'fast-check'
import { isLostTooOften, placeOf, recoverRecords } from '../../activities/attempt-log'
import type { CallProviderInput } from '../../src/contract/generation'
import { anyFailure, attempt, candidate, failureOf } from '../domain/routing/arbitraries'

const T0 = 1_000_000
const INPUT: CallProviderInput = {
  generationId: 'gen-1',
  route: 'default',
  candidate: candidate('openai/gpt-5'),
  candidateIndex: 0,
  othersLeft: false,
  request: { messages: [{ role: 'user', content: 'hi' }] },
  deadlineAt: T0 + 60_000,
  unsupportedParams: 'fail',
  streaming: false,
  circuit: null,
  lastResort: false,
}

/** The server's `number`-th attempt, scheduled `afterMs` after the first; `details` is the last heartbeat. */
const info = (number: number, details?: unknown, afterMs = 30_000) => ({
  attempt: number,
  heartbeatDetails: details,
  scheduledTimestampMs: T0,
  currentAttemptScheduledTimestampMs: T0 + afterMs,
})

const at = (number: number, details?: unknown, afterMs?: number) =>
  recoverRecords(info(number, details, afterMs), INPUT)

const LOST = {
  candidate: 0,
  target: 'openai/gpt-5',
  failure: { class: 'worker_lost', message: 'the worker was lost while the call was in flight' },
  estimate: { inputTokens: 1, outputTokens: 0 },
}
const FAILED = attempt(1, failureOf('server_error'), { startedAt: T0, durationMs: 200, retryInMs: 300 })

describe('a call that goes on from the express lane', () => {
  const begun = { ...INPUT, before: [FAILED] }

  it('ATTEMPT-LOG-5: has the records from there, before its own first report and after it', () => {
    expect(recoverRecords(info(1), begun)).toEqual([FAILED])
    expect(recoverRecords(info(1, { records: [] }), begun)).toEqual([FAILED])
    const second = attempt(2, failureOf('server_error'), { startedAt: T0 + 500, durationMs: 200 })
    expect(recoverRecords(info(2, { records: [FAILED, second] }), begun)).toEqual([FAILED, second])
  })

  it('ATTEMPT-LOG-5: one that was lost without a word stands behind them', () => {
    expect(recoverRecords(info(2), begun)).toMatchObject([FAILED, { ...LOST, number: 2 }])
    expect(recoverRecords(info(2), { ...INPUT, before: [] })).toMatchObject([{ ...LOST, number: 1 }])
  })

  it('ATTEMPT-LOG-5: its place is behind that of the lane, whether that had called or not', () => {
    expect([1, 2, 3].map((number) => placeOf(info(number), INPUT))).toEqual([1, 2, 3])
    expect([1, 2, 3].map((number) => placeOf(info(number), { ...INPUT, before: [] }))).toEqual([2, 3, 4])
  })
})

describe('recoverRecords', () => {
  it('the first attempt has no records before it, whatever the heartbeat holds', () => {
    expect(at(1)).toEqual([])
    expect(at(1, { records: [FAILED] })).toEqual([])
  })

  it('ATTEMPT-LOG-1: after a failed attempt its record is the one of its heartbeat', () => {
    expect(at(2, { records: [FAILED] })).toEqual([FAILED])
  })

  it('ATTEMPT-LOG-4: what was lost is estimated by the prompt and by what had come, never lower than what was reported', () => {
    const inFlight = (received: unknown) => ({ records: [], inFlight: { startedAt: T0, received } })
    const estimateOf = (received: unknown) => at(2, inFlight(received))[0]?.estimate
    expect(estimateOf({ characters: 41, usage: null })).toEqual({ inputTokens: 1, outputTokens: 11 })
    const usage = { inputTokens: 500, outputTokens: 20, cachedInputTokens: 400 }
    expect(estimateOf({ characters: 41, usage })).toEqual(usage)
    expect(estimateOf({ characters: 400, usage })).toEqual({ ...usage, outputTokens: 100 })
  })

  it.each([
    null,
    'x',
    { characters: -1, usage: null },
    { characters: 1.5, usage: null },
    { characters: 4, usage: { inputTokens: 'many', outputTokens: 1 } },
    { characters: 4, usage: { inputTokens: 1, outputTokens: Number.MAX_VALUE } },
  ])('what is no count in the heartbeat (%j) is none', (received) => {
    expect(at(2, { records: [], inFlight: { startedAt: T0, received } })[0]?.estimate).toEqual(LOST.estimate)
  })

  it('ATTEMPT-LOG-1: a worker that was lost before its first heartbeat leaves a record from the start of the activity', () => {
    expect(at(2, undefined, 10_000)).toEqual([{ ...LOST, number: 1, startedAt: T0, durationMs: 10_000 }])
  })

  it('ATTEMPT-LOG-3: a lost call is named as its provider has named it', () => {
    const recorded = { records: [], inFlight: { startedAt: T0 + 600, requestId: 'req_1' } }
    expect(at(2, recorded, 10_600)).toEqual([
      { ...LOST, number: 1, startedAt: T0 + 600, durationMs: 10_000, requestId: 'req_1' },
    ])
    const foreign = { records: [], inFlight: { startedAt: T0 + 600, requestId: { of: 'another shape' } } }
    expect(at(2, foreign)[0]).not.toHaveProperty('requestId')
  })

  it('ATTEMPT-LOG-1: a worker that was lost in a call of its heartbeat leaves a record from the start of that call', () => {
    const recorded = { records: [FAILED], inFlight: { startedAt: T0 + 600 } }
    expect(at(3, recorded, 10_600)).toEqual([
      FAILED,
      { ...LOST, number: 2, startedAt: T0 + 600, durationMs: 10_000 },
    ])
  })

  it('ATTEMPT-LOG-1: a later attempt that was lost without a heartbeat made no call: a frozen worker had taken its task', () => {
    expect(at(3, { records: [FAILED] }, 10_500)).toEqual([FAILED])
    const lost = { ...LOST, number: 1, startedAt: T0 + 5, durationMs: 50_000 }
    expect(at(6, { records: [], inFlight: { startedAt: T0 + 5 } }, 50_005)).toEqual([lost])
    expect(at(6, undefined, 50_000)).toEqual([{ ...lost, startedAt: T0 }])
  })

  it('C10: five lost calls are survived, and all tasks that two frozen workers took', () => {
    const isOver = (number: number, details?: unknown) =>
      isLostTooOften({ attempt: number }, at(number, details))
    expect([isOver(1), isOver(2), isOver(22), isOver(23)]).toEqual([false, false, false, true])
    const lostCalls = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...LOST, number: at + 1, startedAt: T0, durationMs: 1 }))
    const inFlight = { startedAt: T0 }
    expect(isOver(6, { records: lostCalls(4), inFlight })).toBe(false)
    expect(isOver(7, { records: lostCalls(5), inFlight })).toBe(true)
    expect(isOver(9, { records: [FAILED, ...lostCalls(5)] })).toBe(false)
  })

  it('ATTEMPT-LOG-1: five lost in a row, each recorded by the next attempt', () => {
    let recorded: unknown
    for (let number = 1; number <= 6; number++) {
      const startedAt = T0 + (number - 1) * 10_000
      const records = at(number, recorded, (number - 1) * 10_000)
      expect(records).toHaveLength(number - 1)
      for (const [index, record] of records.entries())
        expect(record).toMatchObject({ ...LOST, startedAt: T0 + index * 10_000, durationMs: 10_000 })
      recorded = { records, inFlight: { startedAt } }
    }
  })

  it.each([
    [null],
    ['x'],
    [{}],
    [{ records: [null] }],
    [{ records: [{ number: 1 }], inFlight: { startedAt: 'x' } }],
  ])('garbage in the heartbeat (%j) counts as a lost worker', (details) => {
    expect(at(2, details, 10)).toEqual([{ ...LOST, number: 1, startedAt: T0, durationMs: 10 }])
  })

  it('a clock that runs behind makes no time negative', () => {
    const [record] = at(2, { records: [], inFlight: { startedAt: T0 + 500 } }, 100)
    expect(record).toMatchObject({ startedAt: T0 + 500, durationMs: 0 })
  })

  it('ATTEMPT-LOG-1: there are never more records than attempts, whatever another build of Holdfast recorded', () => {
    const details = fc.record({
      failures: fc.array(anyFailure(), { maxLength: 12 }),
      inFlight: fc.option(fc.record({ startedAt: fc.integer() }), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), details, (number, { failures, inFlight }) => {
        const recorded = failures.slice(0, Math.max(0, number - 1 - Number(inFlight !== undefined)))
        const records = at(number, {
          records: recorded.map((failure, index) => attempt(index + 1, failure)),
          inFlight,
        })
        expect(records.length).toBeLessThan(Math.max(1, number) + Number(number === 1))
        for (const { durationMs } of records) expect(durationMs).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
