/**
 * What callers of the gateway are promised under each fault of a primary provider: one row a fault, sent with and
 * without streaming, each row at providers of its own, so that all of them run side by side.
 */
import { type FaultName, faultOf } from '../../src/domain/drill/faults'
import type { FailureClass, TimeoutPhase } from '../../src/domain/failures/failure'
import type { StepInput } from '../../src/simulator'
import { wordsText } from '../../src/simulator/text'

export const WHOLE = wordsText(60)
export const FROM_FALLBACK = 'the text of the fallback'

/** What each of the two says that it used: an answer has the one's or the other's. */
export const USAGE = {
  primary: { inputTokens: 1_101, outputTokens: 202 },
  fallback: { inputTokens: 3_303, outputTokens: 404 },
}

/** How the caller asks. `upstream`: for a whole answer, on a route that streams from the provider all the same. */
export type Mode = 'plain' | 'upstream' | 'stream'

export interface Failed {
  class: FailureClass
  timeoutPhase?: TimeoutPhase
  /** Its message has this in it. */
  says?: string
}

export interface Row {
  fault: string
  primary: StepInput[]
  /** Default: it says FROM_FALLBACK. */
  fallback?: StepInput[]
  /** `whole`: WHOLE. `fallback`: FROM_FALLBACK, by the fallback. A number: that status. */
  caller: 'whole' | 'fallback' | { status: number; says: RegExp }
  /** Of the primary: exactly, or at most. */
  calls: number | { atMost: number }
  /** The failure of every attempt at the primary. */
  failed?: Failed | ((mode: Mode) => Failed)
  /** All attempts of an error: candidate and class, in order. */
  attempts?: [candidate: number, failure: FailureClass][]
  /** The caller has the answer in less. */
  withinMs?: number
  /** Default: plain and stream. */
  modes?: Mode[]
  /** More of the route, as YAML lines. */
  route?: string
  /** Of the primary; default: far more than a healthy call on a busy machine takes. */
  timeouts?: string
  /** Facts of the two models. */
  facts?: { primary?: string; fallback?: string }
  /** Instead of the simulator's; then calls are counted by the attempt records. */
  baseUrl?: (simulatorUrl: string) => string
  /** Which of the two answers a `whole`; null: either. Default: null. */
  by?: 'primary' | 'fallback'
}

/** As drills play it: each step once, but the last. */
const drilled = (name: FaultName): StepInput[] =>
  faultOf(name).steps.map((step, index, all) => (index < all.length - 1 ? { ...step, times: 1 } : step))

/** A fault of drills that always fails at the primary. */
const falls = (name: FaultName): Row => ({
  fault: faultOf(name).says,
  primary: drilled(name),
  caller: 'fallback',
  calls: { atMost: 2 },
  failed: { class: faultOf(name).class },
})

const cut = (how: 'reset' | 'end' | 'truncated_chunk'): Row => ({
  fault: `stream cut after 40 of 60 words (${how})`,
  primary: [{ words: 60, cut: { after: 40, how } }],
  fallback: [{ words: 60 }],
  caller: 'whole',
  calls: { atMost: 2 },
})

const body = (fault: 'empty_choices' | 'null_content'): Row => ({
  fault: `200 with ${fault}`,
  primary: [{ fault }],
  caller: 'fallback',
  calls: { atMost: 2 },
})

const unreachable = (what: string, says: string, baseUrl: Row['baseUrl'] & {}): Row => ({
  fault: what,
  primary: [],
  baseUrl,
  caller: 'fallback',
  calls: { atMost: 2 },
  failed: { class: 'connection', says },
})

/** By which guard, of limits that differ. A call that isn't streamed has `attempt` alone. */
const ranOut = (phase: TimeoutPhase, limitMs: number): Failed => ({
  class: 'timeout',
  timeoutPhase: phase,
  says: `within ${limitMs} ms`,
})

/** Waiting for more would take 40 s. */
const noDone = (fault: string, noDone: true | 'open'): Row => ({
  fault,
  primary: [{ words: 60, noDone }],
  timeouts: 'attempt: 60s, firstToken: 50s, idle: 40s',
  caller: 'whole',
  by: 'primary',
  calls: 1,
  withinMs: 10_000,
  modes: ['upstream', 'stream'],
})

const cosmetic = (name: 'gzip' | 'odd_chunks' | 'split_utf8' | 'crlf' | 'comments' | 'pings'): Row => ({
  fault: `${name} in the answer`,
  primary: [{ words: 60, cosmetics: [name] }],
  caller: 'whole',
  by: 'primary',
  calls: 1,
})

export const ROWS: Row[] = [
  {
    fault: '429 with Retry-After 2 s, once',
    primary: drilled('rate_limited_once'),
    caller: 'whole',
    by: 'primary',
    calls: 2,
  },
  { fault: '429 always', primary: [{ fault: 'rate_limited' }], caller: 'fallback', calls: { atMost: 2 } },
  {
    fault: '429 with Retry-After 600 s',
    primary: drilled('rate_limited'),
    caller: 'fallback',
    calls: 1,
  },
  {
    fault: '500 once',
    primary: drilled('server_error_once'),
    caller: 'whole',
    by: 'primary',
    calls: 2,
  },
  ...(
    [
      'server_error',
      'overloaded',
      'quota_exhausted',
      'unauthorized',
      'forbidden',
      'model_not_found',
      'reset',
    ] as const
  ).map(falls),
  { ...unreachable('refused', 'refused', () => 'http://127.0.0.1:1/v1'), primary: drilled('refused') },
  unreachable('a name that is not known', 'host name', () => 'http://no-such-host.invalid/v1'),
  unreachable('TLS error', 'TLS', (url) => `${url.replace('http:', 'https:')}/v1`),
  {
    fault: 'reset before headers',
    primary: [{ fault: 'reset', times: 1 }, { words: 60 }],
    caller: 'whole',
    by: 'primary',
    calls: { atMost: 2 },
  },
  {
    fault: 'silent for ever',
    primary: drilled('silent'),
    timeouts: 'attempt: 1500ms, firstToken: 1s, idle: 500ms',
    caller: 'fallback',
    calls: 1,
    failed: (mode) => ranOut('headers', mode === 'plain' ? 1_500 : 1_000),
  },
  {
    fault: 'headers, then no token',
    primary: drilled('no_first_token'),
    timeouts: 'attempt: 1500ms, firstToken: 1s, idle: 500ms',
    caller: 'fallback',
    calls: 1,
    failed: (mode) => (mode === 'plain' ? ranOut('attempt', 1_500) : ranOut('first_token', 1_000)),
  },
  { ...cut('reset'), primary: drilled('cut_stream') },
  cut('end'),
  cut('truncated_chunk'),
  {
    fault: 'stream stalls',
    primary: drilled('stalled_stream'),
    timeouts: 'attempt: 6s, firstToken: 5s, idle: 1s',
    fallback: [{ words: 60 }],
    caller: 'whole',
    by: 'fallback',
    calls: 1,
    failed: (mode) => (mode === 'plain' ? ranOut('attempt', 6_000) : ranOut('idle', 1_000)),
  },
  {
    fault: 'slow drip that beats the idle timeout',
    primary: [{ words: 60, drip: '300ms' }],
    timeouts: 'attempt: 4s, firstToken: 3s, idle: 2s',
    fallback: [{ words: 60 }],
    caller: 'whole',
    by: 'fallback',
    calls: 1,
    // Not streamed, it says nothing before its last word.
    failed: (mode) => ranOut(mode === 'plain' ? 'headers' : 'attempt', 4_000),
  },
  {
    fault: 'one malformed event',
    primary: [{ words: 60, malformed: { after: 20 } }],
    fallback: [{ words: 60 }],
    caller: 'whole',
    // It may have carried words: the answer counts as cut.
    calls: { atMost: 2 },
    failed: { class: 'bad_response' },
    modes: ['upstream', 'stream'],
  },
  noDone('no [DONE]', true),
  noDone('no [DONE], and the socket stays open', 'open'),
  {
    fault: 'error event inside a 200 stream',
    primary: drilled('error_in_stream'),
    fallback: [{ words: 60 }],
    caller: 'whole',
    calls: { atMost: 2 },
    failed: { class: 'overloaded' },
    modes: ['upstream', 'stream'],
  },
  ...(['html', 'cut_json', 'empty_body'] as const).map(falls),
  body('empty_choices'),
  body('null_content'),
  {
    fault: 'context too long, and a larger model',
    primary: drilled('context_too_long'),
    caller: 'fallback',
    facts: { primary: 'contextTokens: 8192', fallback: 'contextTokens: 200000' },
    calls: 1,
  },
  {
    fault: 'context too long, and no larger model',
    primary: [{ fault: 'context_too_long' }],
    caller: { status: 400, says: /maximum context length/ },
    facts: { primary: 'contextTokens: 8192', fallback: 'contextTokens: 8192' },
    calls: 1,
  },
  {
    fault: 'content refused',
    primary: drilled('content_refused'),
    caller: { status: 400, says: /safety system/ },
    calls: 1,
  },
  {
    fault: 'content refused, and fallback opted in',
    primary: [{ fault: 'content_refused' }],
    caller: 'fallback',
    route: 'fallbackOnRefusal: true',
    calls: 1,
  },
  {
    fault: 'a cut stream, and a fallback that rejects prefill',
    primary: [{ words: 60, cut: { after: 40 } }],
    fallback: [{ fault: 'invalid_request', times: 1 }, { words: 60 }],
    facts: { fallback: 'prefill: true' },
    route: 'retry: { maximumAttempts: 1 }',
    caller: 'whole',
    by: 'fallback',
    calls: 1,
    modes: ['upstream', 'stream'],
  },
  {
    fault: 'a cut stream, and a fallback that rejects whatever it is called',
    primary: [{ words: 60, cut: { after: 40 } }],
    fallback: [{ fault: 'invalid_request' }],
    facts: { fallback: 'prefill: true' },
    route: 'retry: { maximumAttempts: 1 }',
    // In a stream: the same words, in band. The primary may answer yet: it is no fault of the request.
    caller: { status: 503, says: /primary.*bad_response|bad_response.*primary/ },
    calls: 1,
    modes: ['upstream', 'stream'],
  },
  ...(['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] as const).map(cosmetic),
  {
    fault: 'all down',
    primary: drilled('all_down'),
    fallback: [{ fault: 'server_error' }],
    caller: { status: 503, says: /overloaded.*server_error/ },
    calls: 2,
    attempts: [
      [0, 'overloaded'],
      [0, 'overloaded'],
      [1, 'server_error'],
      [1, 'server_error'],
    ],
  },
]
