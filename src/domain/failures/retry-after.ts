/**
 * The pause a provider requests, read from its response: its headers, fields of its error body, the error's words.
 *
 * RETRY-AFTER-1 The result is a whole number of milliseconds from 0 to MAX_RETRY_AFTER_MS, or undefined: none
 *    was requested.
 * RETRY-AFTER-2 What can't be read (garbage, a negative number, a date gone by) counts as not sent; the next
 *    source is tried.
 * RETRY-AFTER-3 Rate-limit reset headers count only on a 429, and only for a budget that is used up
 *    (`remaining` is 0), of several the longest: they come with every answer, and a far reset of an untouched
 *    budget would hold a healthy target. Where none is known to be used up, one of which nothing says what
 *    remains may be the one: of several the nearest.
 * RETRY-AFTER-4 Words count only where the status says that waiting helps (429, 503, 529): "try again in a
 *    minute" stands in other errors too.
 * RETRY-AFTER-5 A number of ten digits is an instant, not a wait of thirty years.
 */

/** 24 h. A longer pause is a mistake or a quota; either way it is tried again after a day. */
export const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

type Headers = { readonly [name: string]: string }

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const DECIMAL = /^\d+(?:\.\d+)?$/
/** The three date forms of HTTP (RFC 9110, 5.6.7) all begin with the day's name. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /
const ZONE = /(?:GMT|UTC|[+-]\d{4})$/
/** RFC 3339, also with a blank or "at" in place of the T, without seconds, without a zone. */
const DAY = String.raw`\d{4}-\d{2}-\d{2}`
const TIME = String.raw`\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?`
const OFFSET = String.raw`Z|UTC|GMT|[+-]\d{2}:\d{2}`
const INSTANT_PARTS = new RegExp(`^(${DAY})(?:T| at | )(${TIME}) ?(${OFFSET})?$`, 'i')

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
    // ISO 8601.
    .replace(/^pt(?=\d)/, '')
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

/** Without a zone it is UTC, as servers count. */
const instant = (text: string, now: number): number | undefined => {
  const [, day, time, zone = 'Z'] = INSTANT_PARTS.exec(text) ?? []
  if (day === undefined) return undefined
  return bounded(Date.parse(`${day}T${time}${/^[+-]/.test(zone) ? zone : 'Z'}`) - now)
}

/** An instant as epoch seconds or milliseconds; undefined where it is gone by. */
const epoch = (text: string, now: number): number | undefined =>
  bounded((/^\d{13}/.test(text) ? Number(text) : Number(text) * 1000) - now)

/** RETRY-AFTER-5: so many digits are an instant. */
const EPOCH = /^\d{10}(?:\d{3})?(?:\.\d+)?$/

const amount = (text: string, unit: 's' | 'ms', now: number): number | undefined =>
  EPOCH.test(text) ? epoch(text, now) : decimal(text, UNIT_MS[unit])

/**
 * A wait in milliseconds, in whatever form it stands: a number of the given unit, a duration, an instant. undefined: it
 * can't be read, or is gone by.
 */
export const anyWait = (text: string, unit: 's' | 'ms', now: number): number | undefined =>
  amount(text, unit, now) ?? duration(text) ?? instant(text, now) ?? httpDate(text, now)

const longest = (waits: readonly (number | undefined)[]): number | undefined => {
  const known = waits.filter((ms) => ms !== undefined)
  return known.length > 0 ? Math.max(...known) : undefined
}

/** In quotes, or several: each proxy on the way may add its own. */
const retryAfterHeader = (text: string, now: number): number | undefined => {
  const value = text.replace(/^"(.*)"$/, '$1')
  return anyWait(value, 's', now) ?? longest(value.split(',').map((one) => anyWait(one.trim(), 's', now)))
}

/** The budgets of headers, by whatever name: `x-ratelimit-reset-tokens`, `anthropic-ratelimit-requests-reset`, `ratelimitbysize-reset`. */
const RESET_HEADER = /rate-?limit.*reset/

interface Budget {
  /** null: not given; NaN: can't be read. */
  remaining: number | null
  resetMs: number | undefined
}

const remainingIn = (text: string | undefined): number | null =>
  text === undefined ? null : Number(text.trim() || Number.NaN)

/** The draft of the IETF, in its two forms: `"api";r=0;t=243` and `limit=100, remaining=0, reset=30`. */
const draftBudgets = (header: string, now: number): Budget[] =>
  header.split(/,\s*(?=")/).map((policy) => ({
    remaining: remainingIn(/\b(?:r|remaining)=(\d+)/.exec(policy)?.[1]),
    resetMs: anyWait(/\b(?:t|reset)=(\d+)/.exec(policy)?.[1] ?? '', 's', now),
  }))

/** RETRY-AFTER-3 */
const budgetReset = (headers: Headers, now: number): number | undefined => {
  const budgets = Object.entries(headers)
    .filter(([name]) => RESET_HEADER.test(name))
    .map(
      ([name, value]): Budget => ({
        remaining: remainingIn(headers[name.replace(/reset(-after)?/, 'remaining')]),
        resetMs: anyWait(value.trim(), 's', now),
      }),
    )
    .concat(draftBudgets(headers.ratelimit ?? '', now))
    .filter(({ resetMs }) => resetMs !== undefined)
  const used = budgets.filter(({ remaining }) => remaining !== null && remaining <= 0)
  if (used.length > 0) return longest(used.map(({ resetMs }) => resetMs))
  const untold = budgets.flatMap(({ remaining, resetMs }) => (remaining === null ? [resetMs ?? 0] : []))
  return untold.length > 0 ? Math.min(...untold) : undefined
}

const AMOUNT = String.raw`\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b`
const SPAN = String.raw`(${AMOUNT}(?:\s*(?:,|and)?\s*${AMOUNT})*|\d+(?:\.\d+)?(?:h|m)[\d.hms]*s)`
const DATE = String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? \d{1,2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2}(?: GMT)?`
const INSTANT = `(${DAY}(?:T| at | )${TIME}(?: ?(?:${OFFSET}))?|${DATE})`
/** "Please try again in 1m2.5s", "retry after 20 seconds", "wait 39.1s", "reset after 2h". */
const SPAN_IN_WORDS = new RegExp(
  String.raw`(?:try again|retry|retrying|wait|resets?|available|allowed|reset time)(?: again)?[^.\d]{0,30}?\b(?:in|after|for|wait|is)?:? *${SPAN}`,
  'i',
)
/** "until 2026-12-01 00:00 UTC", "regain access on 2026-12-01 at 00:00 UTC". */
const INSTANT_IN_WORDS = new RegExp(
  String.raw`(?:try again|retry|wait|resets?|until|after|available|access)[^\d]{0,40}?${INSTANT}`,
  'i',
)

const waitInWords = (message: string, now: number): number | undefined => {
  const text = message.slice(0, 2_000)
  const match = INSTANT_IN_WORDS.exec(text)?.[1]
  const at = match === undefined ? undefined : anyWait(match.trim(), 's', now)
  return at ?? duration(SPAN_IN_WORDS.exec(text)?.[1] ?? '')
}

/** What an error body says of a wait. */
export interface QuotedWaits {
  message: string | null
  waits: readonly { value: string; unit: 's' | 'ms' }[]
  /** Headers that a proxy repeats in its body (OpenRouter), by lower-case names. */
  headers?: Headers | undefined
}

/** RETRY-AFTER-4 */
const MAY_WAIT: ReadonlySet<number> = new Set([429, 503, 529])

/**
 * The pause that the provider requests, in milliseconds, capped at 24 h; undefined where it requests none.
 * `headers` have lower-case names; `now` is epoch milliseconds (NaN: dates can't be read); `status` the HTTP status,
 * which decides whether reset headers count (429 only). Order: the headers that are in milliseconds (the finer ones:
 * OpenAI and Azure), `retry-after` (seconds, a duration with its unit, or an HTTP date), fields of the error body
 * (Gemini's `retryDelay`), the error's words, then the reset headers, of which the longest counts.
 */
export const retryAfterMs = (
  headers: Headers,
  now: number,
  status = 429,
  { message, waits, headers: quoted = {} }: QuotedWaits = { message: null, waits: [] },
): number | undefined => {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const fine = decimal(headers[name]?.trim() ?? '', 1)
    if (fine !== undefined) return fine
  }
  const requestedMs = retryAfterHeader(headers['retry-after']?.trim() ?? '', now)
  if (requestedMs !== undefined) return requestedMs
  if (!MAY_WAIT.has(status)) return undefined
  const bodyMs = waits
    .map(({ value, unit }) => anyWait(value.trim(), unit, now))
    .find((ms) => ms !== undefined)
  return (
    bodyMs ??
    (message === null ? undefined : waitInWords(message, now)) ??
    (status === 429 ? (budgetReset(headers, now) ?? budgetReset(quoted, now)) : undefined)
  )
}
