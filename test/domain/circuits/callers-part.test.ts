import { isCallersFailure, isCallersOwn } from '../../../src/domain/circuits/callers-part'
import type { Failure } from '../../../src/domain/failures/failure'
import type { ByCaller } from '../../../src/domain/routing/route'

const input = (options?: { [field: string]: number }, byCaller?: ByCaller) => ({
  candidate: { provider: 'p', byCaller },
  request: options === undefined ? {} : { params: { providerOptions: { p: options } } },
})
const timeouts = { connectMs: 1, attemptMs: 1, firstTokenMs: 1, idleMs: 1, workerLostMs: 1 }
const timeout: Failure = { class: 'timeout', message: '', timeoutPhase: 'attempt' }
const reset: Failure = { class: 'connection', code: 'ECONNRESET', message: '' }

it.each([
  ['as configured', input(), false],
  ['an ordinary field', input({ user: 1, top_k: 1 }), false],
  ['a field of the caller’s own', input({ user: 1, made_up: 1 }), true],
  ['a name that every object has', input({ constructor: 1 }), true],
  ['options for another provider', { ...input({ made_up: 1 }), candidate: { provider: 'q' } }, false],
  ['a provider named as what every object has', { ...input({}), candidate: { provider: 'toString' } }, false],
  ['a target that the config does not name', input(undefined, { target: true }), true],
  ['shorter timeouts', input(undefined, { timeouts }), false],
])('a call with %s is its caller’s own: %#', (_name, call, own) => {
  expect(isCallersOwn(call)).toBe(own)
})

it.each([
  ['a timeout of the route’s', timeout, undefined, false, false],
  ['a timeout of the caller’s', timeout, { timeouts }, false, true],
  ['a 503 under the caller’s timeouts', { class: 'overloaded', message: '' }, { timeouts }, true, false],
  ['a reset', reset, undefined, false, false],
  ['a reset of a very large request', reset, undefined, true, true],
  ['a timeout of a very large request', timeout, undefined, true, true],
  [
    'a refused connection of a very large request',
    { ...reset, code: 'ECONNREFUSED' },
    undefined,
    true,
    false,
  ],
] as const)('%s', (_name, failure, byCaller, large, callers) => {
  expect(isCallersFailure({ candidate: { byCaller } }, failure, () => large)).toBe(callers)
})
