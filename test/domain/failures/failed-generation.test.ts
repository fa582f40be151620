import fc from 'fast-check'
import { failedGeneration } from '../../../src/domain/failures/failed-generation'
import type { Failure } from '../../../src/domain/failures/failure'
import type { AttemptRecord } from '../../../src/domain/routing/attempt'
import type { Plan } from '../../../src/domain/routing/plan'
import { anyFailure, attempt, failureOf } from '../routing/arbitraries'

const NOW = 1_000_000
const TARGETS = ['a/x', 'b/y', 'c/z']
const NONE: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }
const PLAN: Plan = { ...NONE, ready: [0, 1, 2] }

/** One attempt at each candidate in turn, which ended at NOW. */
const ended = (failures: readonly Failure[]): AttemptRecord[] =>
  failures.map((failure, index) =>
    attempt(1, failure, { candidate: index, target: TARGETS[index] ?? 'a/x', startedAt: NOW - 100 }),
  )

const endOf = (failures: readonly Failure[], type: 'failed' | 'deadline' = 'failed') =>
  failedGeneration({ type }, PLAN, ended(failures), NOW)

describe('the kind of a failed generation', () => {
  it('all_failed, and the last failure of each candidate, in the order of the plan', () => {
    const records = [
      attempt(1, failureOf('connection'), { candidate: 1, target: 'b/y' }),
      attempt(1, failureOf('server_error')),
      attempt(2, failureOf('overloaded')),
    ]
    expect(failedGeneration({ type: 'failed' }, PLAN, records, NOW)).toEqual({
      kind: 'all_failed',
      message:
        'All candidates failed: openai/gpt-5: overloaded: overloaded on order; b/y: connection: connection on order',
      failureClass: 'connection',
      retryAt: null,
    })
  })

  it.each(['invalid_request', 'content_refused', 'context_too_long', 'unsupported'] as const)(
    '%s from all: invalid_request',
    (failureClass) => {
      const error = endOf([failureOf(failureClass), failureOf(failureClass)])
      expect(error).toMatchObject({ kind: 'invalid_request', failureClass, retryAt: null })
      expect(error.message).toMatch(/^The request was refused: a\/x: /)
    },
  )

  it('a fault of the request at one candidate and another failure elsewhere: all_failed', () => {
    expect(endOf([failureOf('context_too_long'), failureOf('overloaded')]).kind).toBe('all_failed')
    expect(endOf([failureOf('overloaded'), failureOf('unsupported')]).kind).toBe('all_failed')
  })

  it('a request that two providers call invalid is invalid; one provider alone, beside another failure, proves nothing', () => {
    const overloaded = failureOf('overloaded')
    const invalid = failureOf('invalid_request')
    expect(endOf([invalid, invalid]).kind).toBe('invalid_request')
    expect(endOf([invalid]).kind).toBe('invalid_request')
    expect(endOf([invalid, overloaded]).kind).toBe('all_failed')
  })

  it('a request that is proved invalid, so that no other was called: invalid_request', () => {
    const limited = failureOf('rate_limited', { retryAfterMs: 5_000 })
    const error = endOf([limited, failureOf('invalid_request', { proved: true })])
    expect(error).toMatchObject({
      kind: 'invalid_request',
      failureClass: 'invalid_request',
      retryAt: null,
    })
    const raced = endOf([failureOf('invalid_request', { proved: true }), limited])
    expect(raced).toMatchObject({ kind: 'invalid_request', failureClass: 'invalid_request' })
  })

  it('deadline_exceeded, whatever the failures of the attempts', () => {
    expect(endOf([failureOf('timeout')], 'deadline')).toEqual({
      kind: 'deadline_exceeded',
      message: 'No answer before the deadline: a/x: timeout: timeout on order',
      failureClass: 'timeout',
      retryAt: null,
    })
    expect(endOf([], 'deadline')).toEqual({
      kind: 'deadline_exceeded',
      message: 'No answer before the deadline',
      failureClass: null,
      retryAt: null,
    })
  })

  it('a cancelled loser is left out', () => {
    const error = endOf([failureOf('overloaded'), failureOf('cancelled')])
    expect(error).toMatchObject({ kind: 'all_failed', failureClass: 'overloaded' })
    expect(error.message).not.toContain('b/y')
  })
})

describe('without a target to call', () => {
  const none = (dropped: Plan['dropped']) =>
    failedGeneration({ type: 'failed' }, { ...NONE, dropped }, [], NOW)

  it('unavailable: each reason, and what to do', () => {
    const error = none([
      { target: 'a/x', reason: 'set A_KEY', because: 'provider' },
      { target: 'b/y', reason: 'set B_KEY', because: 'provider' },
    ])
    expect(error).toMatchObject({ kind: 'unavailable', failureClass: null, retryAt: null })
    expect(error.message).toMatch(
      /^No provider of this route can be called: a\/x: set A_KEY; b\/y: set B_KEY\. /,
    )
    expect(error.message).toContain('--demo')
  })

  it('invalid_request where the models lack what the request needs: each reason', () => {
    expect(none([{ target: 'a/x', reason: 'it takes no images', because: 'request' }])).toEqual({
      kind: 'invalid_request',
      message: 'No candidate can serve this request: a/x: it takes no images',
      failureClass: 'unsupported',
      retryAt: null,
    })
  })
})

describe('where circuits were in the way', () => {
  const REASON = 'open (overloaded)'
  const blocked = (untils: (number | null)[]): Plan => ({
    ...NONE,
    blocked: untils.map((until, index) => ({ candidate: index + 1, until })),
    dropped: untils.map((_, index) => ({
      target: TARGETS[index + 1] ?? '',
      reason: REASON,
      because: 'circuit',
    })),
  })
  const failed = (plan: Plan, failures: readonly Failure[], type: 'failed' | 'deadline' = 'failed') =>
    failedGeneration({ type }, plan, ended(failures), NOW)

  it('no target could be called: all_failed, each reason, and when the first may be called', () => {
    expect(failed(blocked([NOW + 9_000, NOW + 4_000]), [])).toEqual({
      kind: 'all_failed',
      message: `No candidate may be called now: b/y: ${REASON}; c/z: ${REASON}`,
      failureClass: 'not_admitted',
      retryAt: NOW + 4_000,
    })
  })

  it('no target could be called, and one lacks what the request needs: all_failed, with both reasons', () => {
    const plan = blocked([NOW + 9_000])
    plan.dropped.push({ target: 'a/x', reason: 'it takes no images', because: 'request' })
    expect(failed(plan, [])).toMatchObject({
      kind: 'all_failed',
      message: `No candidate may be called now: b/y: ${REASON}; a/x: it takes no images`,
    })
  })

  it.each([
    ['now, where it is over already', [NOW - 5], NOW],
    ['that of those that are known', [null, NOW + 7], NOW + 7],
    ['none, where nobody knows', [null], null],
  ])('retryAt is %s', (_what, untils, retryAt) => {
    expect(failed(blocked(untils), []).retryAt).toBe(retryAt)
  })

  it('those called have failed: both are named, and retryAt is the earliest moment of all', () => {
    expect(failed(blocked([NOW + 9_000]), [failureOf('server_error')])).toEqual({
      kind: 'all_failed',
      message: `All candidates failed: a/x: server_error: server_error on order; b/y: ${REASON}`,
      failureClass: 'server_error',
      retryAt: NOW + 9_000,
    })
    const limited = failureOf('rate_limited', { retryAfterMs: 2_000 })
    expect(failed(blocked([NOW + 9_000]), [limited]).retryAt).toBe(NOW + 2_000)
    expect(failed(blocked([NOW + 1_000]), [limited]).retryAt).toBe(NOW + 1_000)
  })

  it('what one can not serve, one that was kept out may: no fault of the request', () => {
    for (const failureClass of ['unsupported', 'context_too_long', 'invalid_request'] as const)
      expect(failed(blocked([NOW + 9_000]), [failureOf(failureClass)])).toMatchObject({
        kind: 'all_failed',
        failureClass,
        retryAt: NOW + 9_000,
      })
  })

  it.each(['invalid_request', 'content_refused'] as const)(
    '%s: a fault of the request all the same',
    (one) => {
      const more = one === 'invalid_request' ? ({ proved: true } as const) : {}
      expect(failed(blocked([NOW + 9_000]), [failureOf(one, more)])).toMatchObject({
        kind: 'invalid_request',
        failureClass: one,
        retryAt: null,
      })
    },
  )

  it('waited for till the deadline: deadline_exceeded, with the reasons', () => {
    expect(failed(blocked([NOW + 9_000]), [], 'deadline')).toEqual({
      kind: 'deadline_exceeded',
      message: `No answer before the deadline: b/y: ${REASON}`,
      failureClass: 'not_admitted',
      retryAt: NOW + 9_000,
    })
  })

  it('one that was refused at the door: its end of the pause', () => {
    const refused = failureOf('not_admitted', { code: 'circuit', retryAfterMs: 3_000 })
    expect(failed(PLAN, [refused])).toMatchObject({
      kind: 'all_failed',
      failureClass: 'not_admitted',
      retryAt: NOW + 3_000,
    })
  })
})

describe('retryAt', () => {
  it('is the earliest end of a Retry-After, counted from the end of its own attempt', () => {
    const records = [
      attempt(1, failureOf('rate_limited', { retryAfterMs: 60_000 }), { startedAt: NOW - 1_100 }),
      attempt(1, failureOf('overloaded', { retryAfterMs: 20_000 }), { candidate: 1, startedAt: NOW - 200 }),
      attempt(1, failureOf('server_error'), { candidate: 2, startedAt: NOW - 100 }),
    ]
    expect(failedGeneration({ type: 'failed' }, PLAN, records, NOW).retryAt).toBe(NOW - 100 + 20_000)
  })

  it('is now where the Retry-After is over already', () => {
    const records = [attempt(1, failureOf('rate_limited', { retryAfterMs: 10 }), { startedAt: NOW - 9_000 })]
    expect(failedGeneration({ type: 'failed' }, PLAN, records, NOW).retryAt).toBe(NOW)
  })

  it("only a candidate's last failure counts", () => {
    const records = [
      attempt(1, failureOf('rate_limited', { retryAfterMs: 5_000 }), { startedAt: NOW - 6_000 }),
      attempt(2, failureOf('bad_response'), { startedAt: NOW - 100 }),
    ]
    expect(failedGeneration({ type: 'failed' }, PLAN, records, NOW).retryAt).toBeNull()
  })

  it('is never in the past, and a request at fault has none', () => {
    fc.assert(
      fc.property(
        fc.array(anyFailure(), { maxLength: 3 }),
        fc.constantFrom('failed' as const, 'deadline' as const),
        (failures, type) => {
          const { kind, retryAt } = endOf(failures, type)
          if (retryAt !== null) expect(retryAt).toBeGreaterThanOrEqual(NOW)
          if (kind === 'invalid_request') expect(retryAt).toBeNull()
        },
      ),
    )
  })
})
