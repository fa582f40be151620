/**
 * The pause a provider asks for, read from its response headers.
 *
 * R1 The result is a whole number of milliseconds from 0 to MAX_RETRY_AFTER_MS, or undefined: none was asked for.
 * R2 What can't be read (garbage, a negative number, a date gone by) counts as not sent; the next source is tried.
 * R3 Rate-limit reset headers speak only on a 429, and only for a dimension that is used up (`remaining` is 0):
 *    they come with every answer, and a far reset of an untouched budget would hold a healthy target.
 */

/** 24 h. A longer pause is a mistake or a quota; either way it is looked at again after a day. */
export const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

type Headers = { readonly [name: string]: string }

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const DECIMAL = /^\d+(?:\.\d+)?$/
/** The three date forms of HTTP (RFC 9110, 5.6.7) all begin with the day's name. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /
const ZONE = /(?:GMT|UTC|[+-]\d{4})$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

const bounded = (ms: number): number | undefined =>
  Number.isFinite(ms) && ms >= 0 ? Math.min(Math.ceil(ms), MAX_RETRY_AFTER_MS) : undefined

const decimal = (text: string, unitMs: number): number | undefined =>
  DECIMAL.test(text) ? bounded(Math.min(Number(text), Number.MAX_SAFE_INTEGER) * unitMs) : undefined

const httpDate = (text: string, now: number): number | undefined => {
  if (!HTTP_DATE.test(text)) return undefined
  return bounded(Date.parse(ZONE.test(text) ? text : `${text} GMT`) - now)
}

/** OpenAI's durations: `120ms`, `1s`, `6m0s`, `1h2m3.5s`. */
const duration = (text: string): number | undefined => {
  if (!DURATION.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    totalMs += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  }
  return bounded(totalMs)
}

const rfc3339 = (text: string, now: number): number | undefined =>
  RFC3339.test(text) ? bounded(Date.parse(text) - now) : undefined

/** Each rate-limit dimension: the header that tells what remains, the one that tells when it refills. */
const RESETS: readonly {
  remaining: string
  reset: string
  read: (text: string, now: number) => number | undefined
}[] = [
  ...['requests', 'tokens'].map((name) => ({
    remaining: `x-ratelimit-remaining-${name}`,
    reset: `x-ratelimit-reset-${name}`,
    read: duration,
  })),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((name) => ({
    remaining: `anthropic-ratelimit-${name}-remaining`,
    reset: `anthropic-ratelimit-${name}-reset`,
    read: rfc3339,
  })),
]

const exhaustedResetMs = (headers: Headers, now: number): number | undefined => {
  const waits = RESETS.filter(({ remaining }) => Number(headers[remaining]?.trim() || Number.NaN) <= 0)
    .map(({ reset, read }) => read(headers[reset]?.trim() ?? '', now))
    .filter((ms) => ms !== undefined)
  return waits.length > 0 ? Math.max(...waits) : undefined
}

/**
 * How long the provider asks to be left alone, in milliseconds, capped at 24 h; undefined where it asks for nothing.
 * `headers` have lower-case names; `now` is epoch milliseconds; `status` the HTTP status, which decides whether
 * reset headers count (429 only). Order: `retry-after-ms` (the finer one, OpenAI and Azure), `retry-after`
 * (seconds or HTTP date), then the reset headers, of which the longest counts.
 */
export const retryAfterMs = (headers: Headers, now: number, status = 429): number | undefined => {
  const fine = decimal(headers['retry-after-ms']?.trim() ?? '', 1)
  if (fine !== undefined) return fine
  const plain = headers['retry-after']?.trim() ?? ''
  return (
    decimal(plain, 1000) ??
    httpDate(plain, now) ??
    (status === 429 ? exhaustedResetMs(headers, now) : undefined)
  )
}
