import { FAILURE_CLASSES, type FailureClass, RULES, type Rule } from '../../../src/domain/failures/failure'
import { countCalls } from '../../../src/domain/routing/attempt'
import { attempt, attempts, failureOf } from '../routing/arbitraries'

/** Said in words, so that a title reads like the table's row. */
const RETRY: { [retry in Rule['retry']]: string } = {
  no: 'no retry',
  yes: 'retry',
  once: 'retry once',
  after_wait: 'retry after wait',
}
const FALLBACK: { [fallback in Rule['fallback']]: string } = {
  no: 'no fallback',
  yes: 'fall back',
  opt_in: 'fall back where opted in',
  larger_context: 'fall back to a larger window',
  other_provider: 'fall back to another provider',
}
const CIRCUIT: { [circuit in Rule['circuit']]: string } = {
  ignore: 'circuit ignores it',
  failure: 'a circuit failure',
  hold: 'not a circuit failure',
}

const ruleText = ({ retry, fallback, hold, circuit, counts, log }: Rule): string =>
  [
    RETRY[retry],
    FALLBACK[fallback],
    ...(hold === 'none' ? [] : [`hold the ${hold}`]),
    CIRCUIT[circuit],
    ...(log === 'error' ? ['alert'] : []),
    ...(counts ? [] : ['not counted']),
  ].join(', ')

const TABLE: readonly [example: string, failureClass: FailureClass, rule: string][] = [
  ['400', 'invalid_request', 'no retry, fall back to another provider, circuit ignores it'],
  ['content policy', 'content_refused', 'no retry, fall back where opted in, circuit ignores it'],
  ['400/413', 'context_too_long', 'no retry, fall back to a larger window, circuit ignores it'],
  ['a feature the model lacks', 'unsupported', 'no retry, fall back, circuit ignores it'],
  ['401', 'unauthorized', 'no retry, fall back, hold the key, circuit ignores it, alert'],
  ['403', 'forbidden', 'no retry, fall back, hold the model, circuit ignores it, alert'],
  ['402', 'quota_exhausted', 'no retry, fall back, hold the provider, circuit ignores it'],
  ['404', 'model_not_found', 'no retry, fall back, hold the model, circuit ignores it, alert'],
  ['429', 'rate_limited', 'retry after wait, fall back, hold the model, not a circuit failure'],
  ['503/529', 'overloaded', 'retry, fall back, a circuit failure'],
  ['5xx', 'server_error', 'retry, fall back, a circuit failure'],
  ['refused, reset, DNS, TLS', 'connection', 'retry, fall back, a circuit failure'],
  ['a silent provider', 'timeout', 'no retry, fall back, a circuit failure'],
  ['HTML, cut JSON', 'bad_response', 'retry once, fall back, a circuit failure'],
  ["the caller's schema broken", 'schema_mismatch', 'retry once, fall back, circuit ignores it'],
  ['over 1.9 MiB', 'answer_too_large', 'no retry, fall back, circuit ignores it'],
  ['the cluster refuses it', 'request_too_large', 'no retry, fall back, circuit ignores it'],
  ['a fault of our own', 'internal_error', 'no retry, fall back, circuit ignores it, alert'],
  ['circuit open, no permit', 'not_admitted', 'no retry, fall back, circuit ignores it, not counted'],
  ['heartbeat timeout', 'worker_lost', 'retry, fall back, circuit ignores it, not counted'],
  ['loser, caller gone', 'cancelled', 'no retry, no fallback, circuit ignores it, not counted'],
]

describe('the failure table', () => {
  it.each(TABLE)('%s %s: %s', (_example, failureClass, rule) => {
    expect(ruleText(RULES[failureClass])).toBe(rule)
  })

  it('has a row for every class, and each class once', () => {
    expect(TABLE.map(([, failureClass]) => failureClass)).toEqual([...FAILURE_CLASSES])
    expect(Object.keys(RULES)).toEqual([...FAILURE_CLASSES])
    expect(new Set(FAILURE_CLASSES).size).toBe(FAILURE_CLASSES.length)
  })
})

describe('countCalls', () => {
  it('counts what reached out: successes and failed calls', () => {
    expect(countCalls([...attempts([failureOf('server_error'), failureOf('timeout')]), attempt(3)])).toBe(3)
  })

  it('counts no lost worker, no refused admission, no cancelled call', () => {
    const silent = (['worker_lost', 'not_admitted', 'cancelled'] as const).map((one) => failureOf(one))
    expect(countCalls(attempts(silent))).toBe(0)
  })
})
