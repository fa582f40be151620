/** What a route's policy promises under a fault, and what keeps it. */

import { parseConfig } from '../../../src/config'
import { expectedOf, isAsExpected, victimsOf } from '../../../src/domain/drill/expected'
import { type DRILL_FAULTS, FAULT_NAMES, faultOf, stepOf } from '../../../src/domain/drill/faults'
import { scaledRoute, scaleOf } from '../../../src/domain/drill/scale'
import type { Route } from '../../../src/domain/routing/route'
import { ROWS } from '../../helpers/fault-table'

const PROVIDERS = `
providers:
  alpha: { api: openai-chat, baseUrl: http://a.invalid/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: http://b.invalid/v1, auth: none }
models:
  alpha/small: { contextTokens: 8192 }
  beta/large: { contextTokens: 200000 }
  beta/small: { contextTokens: 8192 }
`
const routeOf = (fields: string): Route => {
  const route = parseConfig(`${PROVIDERS}routes: { r: { ${fields} } }`).routes.r
  if (route === undefined) throw new Error('no route')
  return route
}
const NONE = new Set<string>()
const expected = (fault: keyof typeof DRILL_FAULTS, fields: string, strict = false, out = NONE) =>
  expectedOf(faultOf(fault), routeOf(fields), out, { scale: 1, strict })

const TWO = 'candidates: [alpha/m, beta/n]'
const ONE_PROVIDER = 'candidates: [alpha/m, alpha/n]'
const ALONE = 'candidates: [alpha/m]'

it.each([
  ['server_error', TWO, ['beta/n']],
  ['server_error_once', TWO, ['beta/n', 'alpha/m']],
  ['server_error_once', `${TWO}, retry: { maximumAttempts: 1 }`, ['beta/n']],
  ['rate_limited_once', `${TWO}, retry: { maxWait: 1s }`, ['beta/n']],
  ['rate_limited_once', ALONE, ['alpha/m']],
  ['unauthorized', TWO, ['beta/n']],
  ['model_not_found', ONE_PROVIDER, ['alpha/n']],
  ['content_refused', `${TWO}, fallbackOnRefusal: true`, ['beta/n']],
  ['content_refused', `${TWO}, strategy: race`, ['beta/n']],
  ['context_too_long', 'candidates: [alpha/small, beta/large]', ['beta/large']],
] as const)('%s on { %s } is answered by one of %j', (fault, fields, answeredBy) => {
  expect(expected(fault, fields)).toEqual({ answeredBy, failed: null })
})

it.each([
  ['unauthorized', ONE_PROVIDER, ['all_failed', 'deadline_exceeded']],
  ['refused', ONE_PROVIDER, ['all_failed', 'deadline_exceeded']],
  ['server_error_once', `${ALONE}, retry: { maximumAttempts: 1 }`, ['all_failed', 'deadline_exceeded']],
  ['all_down', TWO, ['all_failed', 'deadline_exceeded']],
  ['content_refused', TWO, ['invalid_request']],
  ['context_too_long', 'candidates: [alpha/small, beta/small]', ['invalid_request']],
] as const)('%s on { %s } ends in an error: %j', (fault, fields, kinds) => {
  expect(expected(fault, fields)).toEqual({ answeredBy: [], failed: { kinds, class: faultOf(fault).class } })
})

it('where answers are required, each fault that can be survived needs one, by whatever target', () => {
  expect(expected('unauthorized', ONE_PROVIDER, true)).toEqual({
    answeredBy: ['alpha/m', 'alpha/n'],
    failed: null,
  })
  expect(expected('all_down', TWO, true).failed).not.toBeNull()
})

it('a candidate whose provider can not be called neither has the fault nor answers', () => {
  const out = new Set(['alpha'])
  expect(victimsOf(faultOf('server_error'), routeOf(TWO), out)).toEqual([1])
  expect(expected('server_error', TWO, false, out).answeredBy).toEqual([])
  expect(victimsOf(faultOf('server_error'), routeOf(TWO), new Set(['alpha', 'beta']))).toEqual([])
})

it('only what was promised is as expected', () => {
  const answered = expected('silent', TWO)
  const by = (target: string) => ({ outcome: 'answered', target, failureClass: null })
  expect(isAsExpected(answered, by('beta/n'))).toBe(true)
  expect(isAsExpected(answered, by('alpha/m'))).toBe(false)
  const late = { outcome: 'deadline_exceeded', target: null, failureClass: 'timeout' }
  expect(isAsExpected(answered, late)).toBe(false)
  const failed = expected('overloaded', ALONE)
  expect(isAsExpected(failed, { outcome: 'all_failed', target: null, failureClass: 'overloaded' })).toBe(true)
  expect(isAsExpected(failed, { outcome: 'all_failed', target: null, failureClass: 'internal_error' })).toBe(
    false,
  )
  expect(isAsExpected(failed, by('alpha/m'))).toBe(false)
  expect(isAsExpected(failed, { outcome: 'broken', target: null, failureClass: null })).toBe(false)
})

it('a call gets the step of its number, and the last one for ever', () => {
  const once = faultOf('server_error_once')
  expect([0, 1, 2, 9].map((calls) => stepOf(once, calls)?.fault)).toEqual([
    'server_error',
    undefined,
    undefined,
    undefined,
  ])
  expect(stepOf(faultOf('refused'), 0)).toBeNull()
})

describe('scaled', () => {
  const route = routeOf(
    `${TWO}, deadline: 5m, timeouts: { attempt: 2m, firstToken: 30s, idle: 20s, connect: 5s }, strategy: { hedge: { after: 3s } }`,
  )
  const scaled = scaledRoute(route, scaleOf(route))

  it('a deadline is 20 s at most, and all other durations keep their share of it', () => {
    expect(scaled.deadlineMs).toBe(20_000)
    const [first] = scaled.candidates
    expect(first?.timeouts).toEqual({
      attemptMs: 8_000,
      firstTokenMs: 2_000,
      idleMs: 1_333,
      connectMs: 1_000,
      workerLostMs: route.candidates[0]?.timeouts.workerLostMs,
    })
    expect(scaled.strategy).toMatchObject({ afterMs: 200 })
  })

  it('what is short already stays as it is', () => {
    const short = routeOf(
      `${TWO}, deadline: 10s, timeouts: { attempt: 300ms, firstToken: 200ms, idle: 100ms }`,
    )
    expect(scaledRoute(short, scaleOf(short))).toEqual(short)
  })
})

it('every fault is one of those that callers of the gateway are promised something under', () => {
  const played = ROWS.map(({ primary }) => JSON.stringify(primary.map(({ times: _times, ...step }) => step)))
  for (const name of FAULT_NAMES) expect(played).toContain(JSON.stringify(faultOf(name).steps))
})

it('every fault says what it is, and of which class', () => {
  expect(FAULT_NAMES.map((name) => faultOf(name).says)).toEqual([
    ...new Set(FAULT_NAMES.map((name) => faultOf(name).says)),
  ])
})
