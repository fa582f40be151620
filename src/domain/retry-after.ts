/**
 * The pause a provider asks for, read from its response: its headers, fields of its error body, the error's words.
 *
 * R1 The result is a whole number of milliseconds from 0 to MAX_RETRY_AFTER_MS, or undefined: none was asked for.
 * R2 What can't be read (garbage, a negative number, a date gone by) counts as not sent; the next source is tried.
 * R3 Rate-limit reset headers speak only on a 429, and only for a dimension that is used up (`remaining` is 0):
 *    they come with every answer, and a far reset of an untouched budget would hold a healthy target.
 * R4 Words count only where the status says that waiting helps (429, 503, 529): "try again in a minute" stands in other
 *    errors too.
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

/** Durations: `120ms`, `1s`, `6m0s`, `1h2m3.5s`; in words: `2 minutes`, `1 hour and 5 sec`. */
const duration = (text: string): number | undefined => {
  const short = text
    .toLowerCase()
    .replace(/(?<=\d|[a-z]) ?(?:,|and) ?(?=\d)/g, '')
    .replace(/milliseconds?|millis|msecs?/g, 'ms')
    .replace(/seconds?|secs?/g, 's')
    .replace(/minutes?|mins?/g, 'm')
    .replace(/hours?|hrs?/g, 'h')
    .replace(/days?/g, 'd')
    .replace(/\s+/g, '')
  if (!DURATION.test(short)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of short.matchAll(DURATION_PART)) {
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

/** An instant as epoch seconds or milliseconds; undefined where it is gone by, or a count of seconds. */
const epoch = (text: string, now: number): number | undefined => {
  if (!/^\d{10}(?:\d{3})?(?:\.\d+)?$/.test(text)) return undefined
  return bounded((text.length >= 13 && !text.includes('.') ? Number(text) : Number(text) * 1000) - now)
}

/** In whatever form it stands; a bare number has the given unit. */
const anyWait = (text: string, unit: 's' | 'ms', now: number): number | undefined =>
  (/^\d{10}/.test(text) ? epoch(text, now) : decimal(text, UNIT_MS[unit])) ??
  duration(text) ??
  rfc3339(
    text.replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ?(?:UTC|Z|GMT)?$/, '$1T$2Z'),
    now,
  ) ??
  httpDate(text, now)

/** One budget for all dimensions: OpenRouter (epoch ms), GitHub (epoch s), Mistral and others (seconds). */
const PLAIN_RESETS = [
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
  ['x-ratelimit-remaining-requests-day', 'x-ratelimit-reset-requests-day'],
  ['x-ratelimit-remaining-tokens-minute', 'x-ratelimit-reset-tokens-minute'],
] as const

const exhaustedResetMs = (headers: Headers, now: number): number | undefined => {
  const used = (name: string): boolean => Number(headers[name]?.trim() || Number.NaN) <= 0
  const waits = [
    ...RESETS.filter(({ remaining }) => used(remaining)).map(({ reset, read }) => {
      const text = headers[reset]?.trim() ?? ''
      return read(text, now) ?? anyWait(text, 's', now)
    }),
    ...PLAIN_RESETS.filter(([remaining]) => used(remaining)).map(([, reset]) =>
      anyWait(headers[reset]?.trim() ?? '', 's', now),
    ),
  ].filter((ms) => ms !== undefined)
  return waits.length > 0 ? Math.max(...waits) : undefined
}

const AMOUNT = String.raw`\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b`
const SPAN = String.raw`(${AMOUNT}(?:\s*(?:,|and)?\s*${AMOUNT})*|\d+(?:\.\d+)?(?:h|m)[\d.hms]*s)`
const INSTANT = String.raw`(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:\d{2}))?)`
/** "Please try again in 1m2.5s", "retry after 20 seconds", "wait 39.1s", "reset after 2h". */
const SPAN_IN_WORDS = new RegExp(
  String.raw`(?:try again|retry|retrying|wait|resets?|available|reset time)(?: again)?[^.\d]{0,30}?\b(?:in|after|for|wait|is)?:? *${SPAN}`,
  'i',
)
/** "until 2026-12-01 00:00 UTC", "regain access on 2026-12-01 at 00:00 UTC". */
const INSTANT_IN_WORDS = new RegExp(
  String.raw`(?:try again|retry|wait|resets?|until|after|available|access)[^\d]{0,40}${INSTANT}`,
  'i',
)

const waitInWords = (message: string, now: number): number | undefined => {
  const text = message.slice(0, 2_000)
  const instant = INSTANT_IN_WORDS.exec(text)?.[1]
  const at = instant === undefined ? undefined : anyWait(instant.trim(), 's', now)
  return at ?? duration(SPAN_IN_WORDS.exec(text)?.[1] ?? '')
}

/** What an error body says of a wait. */
export interface WaitsTold {
  message: string | null
  waits: readonly { value: string; unit: 's' | 'ms' }[]
}

/** R4 */
const MAY_WAIT: ReadonlySet<number> = new Set([429, 503, 529])

/**
 * How long the provider asks to be left alone, in milliseconds, capped at 24 h; undefined where it asks for nothing.
 * `headers` have lower-case names; `now` is epoch milliseconds (NaN: dates can't be read); `status` the HTTP status,
 * which decides whether reset headers count (429 only). Order: the headers that are in milliseconds (the finer ones:
 * OpenAI and Azure), `retry-after` (seconds, a duration with its unit, or an HTTP date), fields of the error body
 * (Gemini's `retryDelay`), the error's words, then the reset headers, of which the longest counts.
 */
export const retryAfterMs = (
  headers: Headers,
  now: number,
  status = 429,
  { message, waits }: WaitsTold = { message: null, waits: [] },
): number | undefined => {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const fine = decimal(headers[name]?.trim() ?? '', 1)
    if (fine !== undefined) return fine
  }
  const plain = headers['retry-after']?.trim() ?? ''
  const asked = decimal(plain, 1000) ?? duration(plain) ?? httpDate(plain, now) ?? rfc3339(plain, now)
  if (asked !== undefined) return asked
  if (!MAY_WAIT.has(status)) return undefined
  const told = waits.map(({ value, unit }) => anyWait(value.trim(), unit, now)).find((ms) => ms !== undefined)
  return (
    told ??
    (message === null ? undefined : waitInWords(message, now)) ??
    (status === 429 ? exhaustedResetMs(headers, now) : undefined)
  )
}
