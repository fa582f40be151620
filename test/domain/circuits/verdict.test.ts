/** What an attempt says about the account's circuit and the model's: every class, and what changes its meaning. */

import { type Hold, type Verdicts, verdictsOf } from '../../../src/domain/circuits/verdict'
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../../src/domain/failures/failure'
import { failureOf } from '../routing/arbitraries'

const MENDED_MS = 30_000

const verdictOf = (failure: Failure | null, more: { otherKeyFree?: boolean; cutByDeadline?: boolean } = {}) =>
  verdictsOf({ failure, otherKeyFree: false, cutByDeadline: false, ...more })

type Row = { account: Verdicts['account']; model: Verdicts['model']; hold?: Omit<Hold, 'reason'> }

/** As it comes most often: with the status that it has at the providers, or none where there is none. */
const TABLE = {
  invalid_request: [400, { account: 'success', model: 'ignored' }],
  content_refused: [400, { account: 'success', model: 'ignored' }],
  context_too_long: [413, { account: 'success', model: 'ignored' }],
  unsupported: [400, { account: 'success', model: 'ignored' }],
  unauthorized: [
    401,
    { account: 'success', model: 'ignored', hold: { scope: 'provider', forMs: MENDED_MS } },
  ],
  forbidden: [403, { account: 'success', model: 'ignored', hold: { scope: 'model', forMs: MENDED_MS } }],
  quota_exhausted: [
    402,
    { account: 'success', model: 'ignored', hold: { scope: 'provider', forMs: MENDED_MS } },
  ],
  model_not_found: [
    404,
    { account: 'success', model: 'ignored', hold: { scope: 'model', forMs: MENDED_MS } },
  ],
  rate_limited: [429, { account: 'success', model: 'ignored' }],
  overloaded: [529, { account: 'success', model: 'failure' }],
  server_error: [500, { account: 'success', model: 'failure' }],
  connection: [null, { account: 'failure', model: 'ignored' }],
  timeout: [null, { account: 'ignored', model: 'failure' }],
  bad_response: [null, { account: 'success', model: 'failure' }],
  schema_mismatch: [null, { account: 'success', model: 'ignored' }],
  answer_too_large: [null, { account: 'success', model: 'ignored' }],
  request_too_large: [null, { account: 'ignored', model: 'ignored' }],
  internal_error: [null, { account: 'ignored', model: 'ignored' }],
  not_admitted: [null, { account: 'ignored', model: 'ignored' }],
  worker_lost: [null, { account: 'ignored', model: 'ignored' }],
  cancelled: [null, { account: 'ignored', model: 'ignored' }],
} satisfies Record<FailureClass, [number | null, Row]>

describe('an attempt', () => {
  it.each([
    [409, 'ignored'],
    [425, 'ignored'],
    [499, 'ignored'],
    [423, 'failure'],
    [424, 'failure'],
    [504, 'failure'],
  ] as const)('that a server gave up with %i: the model is %s', (status, model) => {
    expect(verdictOf(failureOf('server_error', { status })).model).toBe(model)
  })

  it('that succeeded is a success of account and target', () => {
    expect(verdictOf(null)).toEqual({ account: 'success', model: 'success', hold: null })
  })

  it.each(FAILURE_CLASSES)('that failed with %s', (failureClass) => {
    const [status, row]: [number | null, Row] = TABLE[failureClass]
    const hold =
      row.hold === undefined
        ? null
        : { ...row.hold, reason: failureClass, ...(row.hold.forMs === MENDED_MS ? { probe: true } : {}) }
    const failure = failureOf(failureClass, status === null ? {} : { status })
    expect(verdictOf(failure)).toEqual({ account: row.account, model: row.model, hold })
  })
})

describe('any HTTP answer is a success of the account (VERDICT-1)', () => {
  it.each([200, 401, 404, 429, 500, 503, 529])('whatever it says: status %i', (status) => {
    expect(verdictOf(failureOf('server_error', { status })).account).toBe('success')
    expect(verdictOf(failureOf('timeout', { status })).account).toBe('success')
  })

  it.each(['overloaded', 'server_error', 'rate_limited', 'quota_exhausted', 'content_refused'] as const)(
    'also where %s came inside a 200, which has no status of its own',
    (failureClass) => {
      expect(verdictOf(failureOf(failureClass)).account).toBe('success')
    },
  )

  it('also where the rest of it did not come in time', () => {
    expect(verdictOf(failureOf('timeout', { timeoutPhase: 'attempt', tokensFlowing: false })).account).toBe(
      'success',
    )
    expect(verdictOf(failureOf('timeout', { timeoutPhase: 'idle', tokensFlowing: true })).account).toBe(
      'success',
    )
  })

  it('a timeout without headers is ignored, and so is a request that was never sent', () => {
    expect(verdictOf(failureOf('timeout', { timeoutPhase: 'headers', tokensFlowing: false })).account).toBe(
      'ignored',
    )
    expect(
      verdictOf(failureOf('timeout', { timeoutPhase: 'first_token', tokensFlowing: false })).account,
    ).toBe('ignored')
    expect(verdictOf(failureOf('unsupported')).account).toBe('ignored')
    expect(verdictOf(failureOf('invalid_request')).account).toBe('ignored')
  })
})

describe('a timeout', () => {
  it.each(['headers', 'first_token', 'idle', 'attempt'] as const)(
    'in phase %s counts against the model',
    (phase) => {
      expect(verdictOf(failureOf('timeout', { timeoutPhase: phase, tokensFlowing: false })).model).toBe(
        'failure',
      )
    },
  )

  it('while tokens were flowing does not (VERDICT-3)', () => {
    const failure = failureOf('timeout', { timeoutPhase: 'attempt', tokensFlowing: true })
    expect(verdictOf(failure)).toEqual({ account: 'success', model: 'ignored', hold: null })
  })

  it('that was the deadline’s doing does not (VERDICT-2)', () => {
    const failure = failureOf('timeout', { timeoutPhase: 'headers', tokensFlowing: false })
    expect(verdictOf(failure, { cutByDeadline: true })).toEqual({
      account: 'ignored',
      model: 'ignored',
      hold: null,
    })
  })

  it('of the connect is a failure of the account, and ignored for the model', () => {
    const failure = failureOf('timeout', { timeoutPhase: 'connect', tokensFlowing: false })
    expect(verdictOf(failure)).toEqual({ account: 'failure', model: 'ignored', hold: null })
  })

  it('of the connect that the deadline caused is ignored (VERDICT-2)', () => {
    const failure = failureOf('timeout', { timeoutPhase: 'connect', tokensFlowing: false })
    expect(verdictOf(failure, { cutByDeadline: true })).toEqual({
      account: 'ignored',
      model: 'ignored',
      hold: null,
    })
  })
})

it('a failure near the deadline that was not its doing counts', () => {
  expect(verdictOf(failureOf('connection'), { cutByDeadline: true }).account).toBe('failure')
  expect(verdictOf(failureOf('server_error', { status: 500 }), { cutByDeadline: true }).model).toBe('failure')
})

it('a stream that the provider broke off counts against the model, tokens or not', () => {
  expect(verdictOf(failureOf('bad_response', { tokensFlowing: true }))).toEqual({
    account: 'success',
    model: 'failure',
    hold: null,
  })
})

describe('a hold', () => {
  const holdOf = (failureClass: FailureClass, retryAfterMs?: number, otherKeyFree = false): Hold | null =>
    verdictOf(
      failureOf(failureClass, { status: 429, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
      {
        otherKeyFree,
      },
    ).hold

  it('of a rate limit is as long as the provider requested, and of the model alone', () => {
    expect(holdOf('rate_limited', 20_000)).toEqual({ scope: 'model', forMs: 20_000, reason: 'rate_limited' })
  })

  it.each(['unauthorized', 'quota_exhausted', 'forbidden', 'model_not_found'] as const)(
    'of %s is as long as the provider requested, where it did',
    (failureClass) => {
      expect(holdOf(failureClass, 5_000)).toMatchObject({ forMs: 5_000 })
    },
  )

  it.each(['overloaded', 'server_error'] as const)(
    'is not made of %s, even with Retry-After',
    (failureClass) => {
      expect(holdOf(failureClass, 5_000)).toBeNull()
    },
  )

  it.each(['unauthorized', 'quota_exhausted', 'rate_limited'] as const)(
    'of %s is the key’s alone while another key is free',
    (failureClass) => {
      expect(holdOf(failureClass, 5_000, true)).toBeNull()
    },
  )

  it.each(['forbidden', 'model_not_found'] as const)(
    'of %s is the model’s, whichever key is free',
    (failureClass) => {
      expect(holdOf(failureClass, undefined, true)).toMatchObject({ scope: 'model', forMs: MENDED_MS })
    },
  )
})
