import fc from 'fast-check'
import { recoverRecords } from '../activities/attempt-log'
import type { CallProviderInput } from '../src/contract/generation'
import { countCalls } from '../src/domain/attempt'
import { anyFailure, attempt, candidate, failureOf } from './domain/arbitraries'

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
  stream: false,
  circuit: null,
  lastResort: false,
}

/** The server's `number`-th attempt, scheduled `afterMs` after the first; `details` is the last heartbeat. */
const at = (number: number, details?: unknown, afterMs = 30_000) =>
  recoverRecords(
    {
      attempt: number,
      heartbeatDetails: details,
      scheduledTimestampMs: T0,
      currentAttemptScheduledTimestampMs: T0 + afterMs,
    },
    INPUT,
  )

const LOST = {
  candidate: 0,
  target: 'openai/gpt-5',
  failure: { class: 'worker_lost', message: 'the worker was lost while the call was in flight' },
}
const FAILED = attempt(1, failureOf('server_error'), { startedAt: T0, durationMs: 200, retryInMs: 300 })

describe('recoverRecords', () => {
  it('the first attempt has none before it, whatever was told', () => {
    expect(at(1)).toEqual([])
    expect(at(1, { records: [FAILED] })).toEqual([])
  })

  it('A1: after a failed attempt: its record, as its heartbeat told it', () => {
    expect(at(2, { records: [FAILED] })).toEqual([FAILED])
  })

  it('A1: a worker that was lost before it told anything: a record from the start of the activity', () => {
    expect(at(2, undefined, 10_000)).toEqual([{ ...LOST, number: 1, startedAt: T0, durationMs: 10_000 }])
  })

  it('A1: a worker that was lost in a call it had told of: from that call on', () => {
    const told = { records: [FAILED], inFlight: { startedAt: T0 + 600 } }
    expect(at(3, told, 10_600)).toEqual([
      FAILED,
      { ...LOST, number: 2, startedAt: T0 + 600, durationMs: 10_000 },
    ])
  })

  it('A1: a worker that was lost before its first heartbeat, after a failed attempt: from the end of the pause', () => {
    expect(at(3, { records: [FAILED] }, 10_500)).toEqual([
      FAILED,
      { ...LOST, number: 2, startedAt: T0 + 500, durationMs: 10_000 },
    ])
  })

  it('A1: five workers lost in a row: five records, and none of them counts as a call', () => {
    const records = at(6, { records: [], inFlight: { startedAt: T0 + 5 } }, 50_005)
    expect(records.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
    expect(records.every(({ failure }) => failure?.class === 'worker_lost')).toBe(true)
    const whole = { startedAt: T0 + 5, durationMs: 50_000 }
    const none = { startedAt: T0 + 50_005, durationMs: 0 }
    expect(records).toMatchObject([whole, none, none, none, none])
    expect(countCalls(records)).toBe(0)
  })

  it('A1: five lost in a row, each of whose followers told of it', () => {
    let told: unknown
    for (let number = 1; number <= 6; number++) {
      const startedAt = T0 + (number - 1) * 10_000
      const records = at(number, told, (number - 1) * 10_000)
      expect(records).toHaveLength(number - 1)
      for (const [index, record] of records.entries())
        expect(record).toMatchObject({ ...LOST, startedAt: T0 + index * 10_000, durationMs: 10_000 })
      told = { records, inFlight: { startedAt } }
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

  it('A1: record n is attempt n, whatever was told', () => {
    const details = fc.oneof(
      fc.anything(),
      fc.record({ records: fc.array(fc.anything()), inFlight: fc.anything() }),
      fc.array(anyFailure()).map((failures) => ({
        records: failures.map((failure, index) => attempt(index + 1, failure)),
      })),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), details, (number, told) => {
        const records = at(number, told)
        expect(records.map((record) => record.number)).toEqual(
          Array.from({ length: number - 1 }, (_, i) => i + 1),
        )
        for (const { durationMs } of records) expect(durationMs).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
