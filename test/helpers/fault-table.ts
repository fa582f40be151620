/**
 * What callers of the gateway are promised under each fault of a primary provider: one row a fault, asked with and
 * without streaming, each row at providers of its own, so that all of them run side by side.
 */
import type { StepInput } from '../../src/simulator'
import { wordsText } from '../../src/simulator/text'

export const WHOLE = wordsText(60)
export const FROM_FALLBACK = 'the fallback speaks'

export interface Row {
  fault: string
  primary: StepInput[]
  /** Default: it says FROM_FALLBACK. */
  fallback?: StepInput[]
  /** `whole`: WHOLE. `fallback`: FROM_FALLBACK, by the fallback. A number: that status. */
  caller: 'whole' | 'fallback' | { status: number; says: RegExp }
  /** Of the primary: exactly, or at most. */
  calls: number | { atMost: number } | null
  /** Default: both. */
  modes?: ('plain' | 'stream')[]
  /** More of the route, as YAML lines. */
  route?: string
  /** Of the primary; default: far more than a healthy call on a busy machine takes. */
  timeouts?: string
  /** Facts of the two models. */
  facts?: { primary?: string; fallback?: string }
  /** Instead of the simulator's. */
  baseUrl?: (simulatorUrl: string) => string
  /** Which of the two answers a `whole`; null: either. Default: null. */
  by?: 'primary' | 'fallback'
}

const cut = (how: 'reset' | 'end' | 'truncated_chunk'): Row => ({
  fault: `stream cut after 40 of 60 words (${how})`,
  primary: [{ words: 60, cut: { after: 40, how } }],
  fallback: [{ words: 60 }],
  caller: 'whole',
  calls: { atMost: 2 },
})

const body = (fault: 'html' | 'cut_json' | 'empty_body' | 'empty_choices' | 'null_content'): Row => ({
  fault: `200 with ${fault}`,
  primary: [{ fault }],
  caller: 'fallback',
  calls: { atMost: 2 },
})

const unreachable = (what: string, baseUrl: Row['baseUrl'] & {}): Row => ({
  fault: what,
  primary: [],
  baseUrl,
  caller: 'fallback',
  calls: 0,
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
    primary: [{ fault: 'rate_limited', retryAfter: 2, times: 1 }, { words: 60 }],
    caller: 'whole',
    by: 'primary',
    calls: 2,
  },
  { fault: '429 always', primary: [{ fault: 'rate_limited' }], caller: 'fallback', calls: { atMost: 2 } },
  {
    fault: '429 with Retry-After 600 s',
    primary: [{ fault: 'rate_limited', retryAfter: 600 }],
    caller: 'fallback',
    calls: 1,
  },
  {
    fault: '500 once',
    primary: [{ fault: 'server_error', times: 1 }, { words: 60 }],
    caller: 'whole',
    by: 'primary',
    calls: 2,
  },
  { fault: '503 always', primary: [{ fault: 'overloaded' }], caller: 'fallback', calls: { atMost: 2 } },
  unreachable('refused', () => 'http://127.0.0.1:1/v1'),
  unreachable('a name that is not known', () => 'http://no-such-host.invalid/v1'),
  unreachable('TLS error', (url) => `${url.replace('http:', 'https:')}/v1`),
  {
    fault: 'reset before headers',
    primary: [{ fault: 'reset', times: 1 }, { words: 60 }],
    caller: 'whole',
    by: 'primary',
    calls: { atMost: 2 },
  },
  {
    fault: 'silent for ever',
    primary: [{ fault: 'silent' }],
    timeouts: 'attempt: 1s, firstToken: 1s, idle: 1s',
    caller: 'fallback',
    calls: 1,
  },
  {
    fault: 'headers, then no token',
    primary: [{ fault: 'hang_after_headers' }],
    timeouts: 'attempt: 1s, firstToken: 1s, idle: 1s',
    caller: 'fallback',
    calls: 1,
  },
  cut('reset'),
  cut('end'),
  cut('truncated_chunk'),
  {
    fault: 'stream stalls',
    primary: [{ words: 60, stall: { after: 40 } }],
    timeouts: 'attempt: 6s, firstToken: 5s, idle: 1s',
    fallback: [{ words: 60 }],
    caller: 'whole',
    by: 'fallback',
    calls: 1,
  },
  {
    fault: 'slow drip that beats the idle timeout',
    primary: [{ words: 60, drip: '300ms' }],
    timeouts: 'attempt: 4s, firstToken: 3s, idle: 3s',
    fallback: [{ words: 60 }],
    caller: 'whole',
    by: 'fallback',
    calls: 1,
  },
  {
    fault: 'one malformed event',
    primary: [{ words: 60, malformed: { after: 20 } }],
    caller: 'whole',
    by: 'primary',
    calls: 1,
  },
  {
    fault: 'no [DONE]',
    primary: [{ words: 60, noDone: true }],
    caller: 'whole',
    by: 'primary',
    calls: 1,
  },
  {
    fault: 'error event inside a 200 stream',
    primary: [{ words: 60, errorEvent: { after: 20 } }],
    fallback: [{ words: 60 }],
    caller: 'whole',
    calls: { atMost: 2 },
    modes: ['stream'],
  },
  body('html'),
  body('cut_json'),
  body('empty_body'),
  body('empty_choices'),
  body('null_content'),
  {
    fault: 'context too long, and a larger model',
    primary: [{ fault: 'context_too_long' }],
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
    primary: [{ fault: 'content_refused' }],
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
    modes: ['stream'],
  },
  {
    fault: 'a cut stream, and a fallback that rejects whatever it is asked',
    primary: [{ words: 60, cut: { after: 40 } }],
    fallback: [{ fault: 'invalid_request' }],
    facts: { fallback: 'prefill: true' },
    route: 'retry: { maximumAttempts: 1 }',
    // In a stream: the same words, in band.
    caller: { status: 400, says: /primary.*bad_response|bad_response.*primary/ },
    calls: 1,
    modes: ['stream'],
  },
  ...(['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] as const).map(cosmetic),
  {
    fault: 'all down',
    primary: [{ fault: 'overloaded' }],
    fallback: [{ fault: 'server_error' }],
    caller: { status: 503, says: /overloaded.*server_error/ },
    calls: { atMost: 2 },
  },
]

export type Mode = 'plain' | 'stream'
export interface Case {
  row: Row
  mode: Mode
  /** Provider and route names of this case end in it. */
  key: string
}

export const CASES: Case[] = ROWS.flatMap((row, index) =>
  (row.modes ?? (['plain', 'stream'] as const)).map((mode) => ({ row, mode, key: `${index}${mode}` })),
)

/** One route for each case, over two providers of its own: an OpenAI-like one, and an Anthropic-like one. */
export function configOf(cases: readonly Case[], url: string): string {
  const providers = cases.flatMap(({ row, key }) => [
    `  primary${key}: { api: openai-chat, baseUrl: '${row.baseUrl?.(url) ?? `${url}/primary${key}/v1`}', auth: none }`,
    `  fallback${key}: { api: anthropic-messages, baseUrl: ${url}/fallback${key}/v1, auth: none }`,
  ])
  const models = cases.flatMap(({ row: { facts = {} }, key }) => [
    ...(facts.primary === undefined ? [] : [`  primary${key}/m: { ${facts.primary} }`]),
    ...(facts.fallback === undefined ? [] : [`  fallback${key}/m: { ${facts.fallback} }`]),
  ])
  const routes = cases.flatMap(({ row, key }) => [
    `  r${key}:`,
    `    candidates: [{ target: primary${key}/m, timeouts: { ${row.timeouts ?? ''} } }, fallback${key}/m]`,
    ...(row.route === undefined ? [] : [`    ${row.route}`]),
  ])
  return [
    'providers:',
    ...providers,
    'models:',
    ...models,
    'defaults:',
    '  circuit: false',
    '  retry: { initialInterval: 20ms }',
    '  timeouts: { attempt: 30s, firstToken: 20s, idle: 20s }',
    'routes:',
    ...routes,
    '',
  ].join('\n')
}
