/** Errors of Gemini's own API: google.rpc.Status with its details. */
import type { ErrorCase } from '../types'
import { google } from './shapes'

const RPC = 'type.googleapis.com/google.rpc.'
const quota = (...quotaIds: string[]) => ({
  '@type': `${RPC}QuotaFailure`,
  violations: quotaIds.map((quotaId) => ({ quotaMetric: 'generate_requests', quotaId, quotaValue: '20' })),
})
const retry = (retryDelay: string) => ({ '@type': `${RPC}RetryInfo`, retryDelay })
const EXCEEDED = 'You exceeded your current quota, please check your plan and billing details.'
const DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier'
const MINUTE = 'GenerateContentInputTokensPerModelPerMinute-FreeTier'

const quotas: ErrorCase[] = [
  {
    source: "google-gemini/gemini-cli: a day's quota, whose retryDelay is that of a minute",
    status: 429,
    body: google(429, `${EXCEEDED} Please retry in 36.2s.`, 'RESOURCE_EXHAUSTED', [quota(DAY), retry('36s')]),
    class: 'quota_exhausted',
    retryAfterMs: 36_000,
  },
  {
    source: 'google-gemini/gemini-cli: both at once',
    status: 429,
    body: google(429, EXCEEDED, 'RESOURCE_EXHAUSTED', [quota(MINUTE, DAY), retry('12s')]),
    class: 'quota_exhausted',
    retryAfterMs: 12_000,
  },
  {
    source: "google-gemini/gemini-cli: a minute's quota",
    status: 429,
    body: google(429, EXCEEDED, 'RESOURCE_EXHAUSTED', [quota(MINUTE), retry('12.5s')]),
    class: 'rate_limited',
    retryAfterMs: 12_500,
  },
  {
    source: 'an amount that never fits: the details are of another type',
    status: 429,
    body: google(429, EXCEEDED, 'RESOURCE_EXHAUSTED', [
      { '@type': `${RPC}QuotaFailure`, violations: 'none' },
    ]),
    class: 'quota_exhausted',
  },
]

const rows: [source: string, status: number, word: string, message: string, ErrorCase['class']][] = [
  [
    'theopenco/llmgateway#3616',
    503,
    'UNAVAILABLE',
    'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
    'overloaded',
  ],
  [
    'docs.apiyi.com, faq/gemini-thought-signature-missing',
    400,
    'INVALID_ARGUMENT',
    'Corrupted thought signature.',
    'invalid_request',
  ],
  [
    'aduermael/herm#23 (Gemma)',
    400,
    'INVALID_ARGUMENT',
    'Thinking budget is not supported for this model.',
    'unsupported',
  ],
  ['vercel/ai#14369', 400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.', 'invalid_request'],
  [
    'pizza-bot-app/pizza-bot#62',
    400,
    'INVALID_ARGUMENT',
    'Invalid JSON payload received. Unknown name "exclusiveMinimum" at \'tools[0].function_declarations[6].parameters\': Cannot find field.',
    'unsupported',
  ],
  [
    "Google's words for a call without a key",
    403,
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    'unauthorized',
  ],
]

export const GEMINI: readonly ErrorCase[] = [
  ...quotas,
  ...rows.map(([source, status, word, message, failure]) => ({
    source,
    status,
    body: google(status, message, word),
    class: failure,
  })),
]
