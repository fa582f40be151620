/**
 * The faults of a drill: one table, which the tests of the whole stack play too (test/helpers/fault-table.ts).
 * Each is what a provider does, in the simulator's words (docs/simulator.md).
 *
 * FAULTS-1 A call gets the step of its number; the last step repeats. That depends on nothing but the call, so that it is
 *    the same on every worker.
 */
import type { FailureClass } from '../failures/failure'

/** What of the simulator's steps a fault uses: plain JSON. */
export interface FaultStep {
  fault?:
    | 'rate_limited'
    | 'quota_exhausted'
    | 'server_error'
    | 'overloaded'
    | 'unauthorized'
    | 'forbidden'
    | 'model_not_found'
    | 'context_too_long'
    | 'content_refused'
    | 'reset'
    | 'silent'
    | 'hang_after_headers'
    | 'html'
    | 'cut_json'
    | 'empty_body'
  /** Seconds. */
  retryAfter?: number
  /** Scaled with the route's own durations (scale.ts). */
  retryAfterMs?: number
  words?: number
  cut?: { after: number; how: 'reset' }
  stall?: { after: number }
  errorEvent?: { after: number }
}

/** Who has the fault: the first candidate, all of its provider's, or every candidate. */
export type FaultScope = 'target' | 'provider' | 'all'

export interface DrillFault {
  /** For people. */
  says: string
  /** FAULTS-1. Empty: nobody listens at the provider's address. */
  steps: readonly FaultStep[]
  scope: FaultScope
  /** What the attempt's failure is. */
  class: FailureClass
  /** Only a streamed answer can have it. */
  streamed?: true
  /** A route that keeps its promises answers in spite of it. */
  survivable: boolean
}

/** What a healthy candidate answers: as many words as a cut stream would have had. */
export const HEALTHY_STEP = { words: 60 } as const satisfies FaultStep

const always = (fault: FaultStep['fault'] & {}, retryAfter?: number): FaultStep[] => [
  retryAfter === undefined ? { fault } : { fault, retryAfter },
]

const FAULT = { scope: 'target', survivable: true } as const

export const DRILL_FAULTS = {
  rate_limited: {
    ...FAULT,
    says: '429 with Retry-After 600 s',
    steps: always('rate_limited', 600),
    class: 'rate_limited',
  },
  rate_limited_once: {
    ...FAULT,
    says: '429 with Retry-After 2 s, once',
    steps: [{ fault: 'rate_limited', retryAfterMs: 2_000 }, HEALTHY_STEP],
    class: 'rate_limited',
  },
  quota_exhausted: {
    ...FAULT,
    says: 'the quota is used up',
    steps: always('quota_exhausted'),
    scope: 'provider',
    class: 'quota_exhausted',
  },
  server_error: { ...FAULT, says: '500 always', steps: always('server_error'), class: 'server_error' },
  server_error_once: {
    ...FAULT,
    says: '500 once',
    steps: [...always('server_error'), HEALTHY_STEP],
    class: 'server_error',
  },
  overloaded: { ...FAULT, says: '503 always', steps: always('overloaded'), class: 'overloaded' },
  unauthorized: {
    ...FAULT,
    says: '401: every key is refused',
    steps: always('unauthorized'),
    scope: 'provider',
    class: 'unauthorized',
  },
  forbidden: { ...FAULT, says: '403', steps: always('forbidden'), class: 'forbidden' },
  model_not_found: {
    ...FAULT,
    says: '404: no such model',
    steps: always('model_not_found'),
    class: 'model_not_found',
  },
  refused: {
    ...FAULT,
    says: 'connection refused',
    steps: [],
    scope: 'provider',
    class: 'connection',
  },
  reset: { ...FAULT, says: 'reset before headers', steps: always('reset'), class: 'connection' },
  silent: { ...FAULT, says: 'silent for ever', steps: always('silent'), class: 'timeout' },
  no_first_token: {
    ...FAULT,
    says: 'headers, then no token',
    steps: always('hang_after_headers'),
    class: 'timeout',
    streamed: true,
  },
  stalled_stream: {
    ...FAULT,
    says: 'stream stalls after 40 of 60 words',
    steps: [{ words: 60, stall: { after: 40 } }],
    class: 'timeout',
    streamed: true,
  },
  cut_stream: {
    ...FAULT,
    says: 'stream cut after 40 of 60 words',
    steps: [{ words: 60, cut: { after: 40, how: 'reset' } }],
    class: 'bad_response',
    streamed: true,
  },
  error_in_stream: {
    ...FAULT,
    says: 'error event inside a 200 stream',
    steps: [{ words: 60, errorEvent: { after: 20 } }],
    class: 'overloaded',
    streamed: true,
  },
  html: { ...FAULT, says: '200 with html', steps: always('html'), class: 'bad_response' },
  cut_json: { ...FAULT, says: '200 with cut JSON', steps: always('cut_json'), class: 'bad_response' },
  empty_body: { ...FAULT, says: '200 with no body', steps: always('empty_body'), class: 'bad_response' },
  context_too_long: {
    ...FAULT,
    says: 'context too long',
    steps: always('context_too_long'),
    class: 'context_too_long',
    survivable: false,
  },
  content_refused: {
    ...FAULT,
    says: 'content refused',
    steps: always('content_refused'),
    class: 'content_refused',
    survivable: false,
  },
  all_down: {
    ...FAULT,
    says: 'all candidates overloaded',
    steps: always('overloaded'),
    scope: 'all',
    class: 'overloaded',
    survivable: false,
  },
} as const satisfies Record<string, DrillFault>

export type FaultName = keyof typeof DRILL_FAULTS

export const FAULT_NAMES = Object.keys(DRILL_FAULTS) as FaultName[]

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(DRILL_FAULTS, name)

export const faultOf = (name: FaultName): DrillFault => DRILL_FAULTS[name]

/**
 * FAULTS-1. null: nobody listens.
 * @param callsBefore of this candidate
 */
export const stepOf = ({ steps }: DrillFault, callsBefore: number): FaultStep | null =>
  steps[Math.min(callsBefore, steps.length - 1)] ?? null
