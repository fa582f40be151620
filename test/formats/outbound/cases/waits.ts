/** Waits in the forms in which providers and proxies send them; all on a 429 unless the row names another status. */
import type { ErrorCase } from './types'

const HOUR_MS = 3_600_000
const inAnHour = new Date(Date.now() + HOUR_MS)
const seconds = String(Math.round(inAnHour.getTime() / 1000))
const iso = inAnHour.toISOString()
const plain = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`

const errorBody = (message: string, more: object = {}) => ({
  error: { message, type: 'rate_limit_error', ...more },
})
const SLOW = errorBody('Slow down')

const wait = (
  source: string,
  headers: { [name: string]: string },
  body: unknown,
  retryAfterMs: number | undefined,
  more: Partial<ErrorCase> = {},
): ErrorCase => ({
  source,
  status: 429,
  headers,
  body,
  class: 'rate_limited',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  ...more,
})

const IN_RETRY_AFTER: ErrorCase[] = (
  [
    ['cloudfoundry/cloud_controller_ng#2544: an instant in seconds', seconds, HOUR_MS],
    ['the same in milliseconds', String(inAnHour.getTime()), HOUR_MS],
    ['a gateway that prints its instant', iso, HOUR_MS],
    ['the same without a T and a zone', plain, HOUR_MS],
    ["a gateway written in Go: time.Duration's own words", '6m0s', 360_000],
    ["time.Duration's own words", '1m30.5s', 90_500],
    ["time.Duration's own words", '1h0m0.25s', 3_600_250],
    ['milliseconds with their unit', '850ms', 850],
    ['a duration of ISO 8601', 'PT1M30S', 90_000],
    ['two proxies that each add one', '7, 7', 7_000],
    ['a quoted number', '"12"', 12_000],
    ['none at all', '0', 0],
    ['a negative number', '-5', undefined],
    ['a word', 'soon', undefined],
    ['an instant that is gone by', '1700000000', undefined],
  ] as const
).map(([source, value, ms]) => wait(source, { 'retry-after': value }, SLOW, ms))

const IN_RESETS: ErrorCase[] = [
  wait('a reset without what remains', { 'x-ratelimit-reset': '20' }, SLOW, 20_000),
  wait('the same, an instant', { 'x-ratelimit-reset': seconds }, SLOW, HOUR_MS),
  wait('the same, a duration of a dimension', { 'x-ratelimit-reset-tokens': '1m2.5s' }, SLOW, 62_500),
  wait(
    'two resets, and nothing says which budget is empty: the nearer one',
    { 'x-ratelimit-reset-requests': '2m', 'x-ratelimit-reset-tokens': '300ms' },
    SLOW,
    300,
  ),
  wait(
    'the budget that is empty counts, not one that is not given',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '2m',
      'x-ratelimit-reset-tokens': '300ms',
    },
    SLOW,
    120_000,
  ),
  wait(
    'a budget that is left says nothing',
    { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '500' },
    SLOW,
    undefined,
  ),
  wait('Mistral, by size', { 'ratelimitbysize-remaining': '0', 'ratelimitbysize-reset': '13' }, SLOW, 13_000),
  wait(
    'SambaNova, a day',
    { 'x-ratelimit-remaining-requests-day': '0', 'x-ratelimit-reset-requests-day': seconds },
    SLOW,
    HOUR_MS,
  ),
  wait("Hugging Face's rate limits, IETF's draft", { ratelimit: '"api";r=0;t=243' }, SLOW, 243_000),
  wait('an older draft of the same', { ratelimit: 'limit=100, remaining=0, reset=30' }, SLOW, 30_000),
  wait('the draft, of a budget that is left', { ratelimit: '"api";r=17;t=243' }, SLOW, undefined),
  wait('x-ratelimit-reset-after', { 'x-ratelimit-reset-after': '2.5' }, SLOW, 2_500),
  wait('a budget on a 500 says nothing', { 'x-ratelimit-reset': '20' }, SLOW, undefined, {
    status: 500,
    class: 'server_error',
  }),
]

const IN_BODIES: ErrorCase[] = [
  wait(
    "OpenRouter's limits: the headers stand in the body",
    {},
    {
      error: {
        message: 'Rate limit exceeded: free-models-per-day',
        code: 429,
        metadata: {
          headers: {
            'X-RateLimit-Limit': '50',
            'X-RateLimit-Remaining': '0',
            'X-RateLimit-Reset': String(inAnHour.getTime()),
          },
          provider_name: null,
        },
      },
      user_id: 'user_2',
    },
    HOUR_MS,
  ),
  wait(
    'google-gemini/gemini-cli: quotaResetDelay among the details',
    {},
    {
      error: {
        code: 429,
        message: 'You have exhausted your capacity on this model.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'RATE_LIMIT_EXCEEDED',
            metadata: { quotaResetDelay: '41.5s', model: 'tiny' },
          },
        ],
      },
    },
    41_500,
  ),
  wait(
    'vybestack/llxprt-code#813: quota and wait in words',
    {},
    [
      {
        error: {
          code: 429,
          message: 'You have exhausted your capacity on this model. Your quota will reset after 26s.',
          errors: [{ message: 'exhausted', domain: 'global', reason: 'rateLimitExceeded' }],
          status: 'RESOURCE_EXHAUSTED',
        },
      },
    ],
    26_000,
  ),
  wait(
    'a retryDelay as Google writes it in protobuf',
    {},
    {
      error: {
        code: 429,
        message: 'Quota exceeded',
        details: [{ retryDelay: { seconds: 9, nanos: 500_000_000 } }],
      },
    },
    9_500,
  ),
  wait('retry_after as text with a unit', {}, errorBody('Slow down', { retry_after: '12s' }), 12_000),
  wait('retry_after beside the error', {}, { ...SLOW, retry_after: 2.5 }, 2_500),
  wait('retryAfterSeconds', {}, errorBody('Slow down', { retryAfterSeconds: 14 }), 14_000),
  wait('retry_after_ms', {}, errorBody('Slow down', { retry_after_ms: 1_500 }), 1_500),
  wait('reset_at, an instant', {}, errorBody('Slow down', { reset_at: iso }), HOUR_MS),
  wait(
    'resets_at, in seconds',
    {},
    errorBody('Usage limit reached', { resets_at: Number(seconds) }),
    HOUR_MS,
  ),
  wait('resets_in_seconds', {}, errorBody('Usage limit reached', { resets_in_seconds: 95 }), 95_000),
  wait('Azure in detail', {}, { detail: { message: 'Too many requests', retry_after: 8 } }, 8_000),
  wait(
    'HuggingFace, a model that loads: how long it thinks',
    {},
    { error: 'Model acme/tiny is currently loading', estimated_time: 20.5 },
    20_500,
    { status: 503, class: 'overloaded' },
  ),
]

const IN_WORDS: ErrorCase[] = (
  [
    ['Groq', 'Please try again in 7m12s.', 432_000],
    ['Groq', 'Please try again in 1h5m32.4s. Need more tokens?', 3_932_400],
    ['OpenAI', 'Limit 30000, Used 29937, Requested 385. Please try again in 644ms.', 644],
    ['OpenAI, 2023', 'Limit: 3 / min. Please try again in 20s. Contact us if you continue.', 20_000],
    ['a sentence', 'You may retry in 0.5 seconds', 500],
    ['a sentence', 'Retry after 45 sec.', 45_000],
    ['a sentence', 'Please wait 1 minute and try again.', 60_000],
    ['a sentence', 'Try again in about 1 hour', 3_600_000],
    ['a sentence', 'It is available again in 2 hours, 5 minutes and 3 seconds', 7_503_000],
    ['a sentence', 'Please retry your request after 15 seconds.', 15_000],
    ['a sentence', 'Rate limit reset in: 3600 seconds', 3_600_000],
    ['a sentence', 'Next request is allowed in 11 seconds', 11_000],
    ['a sentence', `Limit resets at ${iso}`, HOUR_MS],
    ['a sentence', `Limit resets at ${iso.slice(0, 19)}`, HOUR_MS],
    ['a sentence', `You can try again at ${plain} UTC.`, HOUR_MS],
    ['a sentence', `You can try again at ${plain}+00:00.`, HOUR_MS],
    ['a sentence', `Try again after ${inAnHour.toUTCString()}`, HOUR_MS],
    [
      'BerriAI/litellm: a cooldown of all deployments',
      'No deployments available for selected model, Try again in 5 seconds. Passed model=tiny. pre-call-checks=False',
      5_000,
    ],
    ['numbers that are no wait', 'Limited to 20 requests per 1m. Requested 3 in 60s windows.', undefined],
    ['a count of tries', 'Gave up after 3 tries', undefined],
  ] as const
).map(([source, message, ms]) => wait(source, {}, errorBody(message), ms))

const ELSEWHERE: ErrorCase[] = [
  wait(
    'a rate limit that is a 403, with a wait in words',
    {},
    errorBody('Rate limit exceeded. Try again in 30s'),
    30_000,
    {
      status: 403,
    },
  ),
  wait(
    'Bedrock behind a proxy: a throttled call as a 400',
    {},
    { __type: 'ThrottlingException', message: 'Too many requests, please wait 4 seconds' },
    4_000,
    { status: 400 },
  ),
  wait(
    'a wait in the words of a wrong request is none',
    {},
    errorBody('Unknown thing. Try again in 30s'),
    undefined,
    {
      status: 400,
      class: 'invalid_request',
    },
  ),
]

export const WAITS: readonly ErrorCase[] = [
  ...IN_RETRY_AFTER,
  ...IN_RESETS,
  ...IN_BODIES,
  ...IN_WORDS,
  ...ELSEWHERE,
]
