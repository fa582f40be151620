/**
 * What a provider says of its limits with an answer.
 *
 * LIMIT-HEADERS-1 What can't be read, is not a positive number, or beyond all sense counts as not sent.
 * LIMIT-HEADERS-2 A limit is known by its amount and what remains of it; the reset is known where it can be read.
 *
 * Names, as of 2026-11: `x-ratelimit-limit-requests`, `-remaining-`, `-reset-`, and the same of `tokens` (OpenAI's guide
 * to rate limits; Groq, Azure); with `-minute`, `-hour` or `-day` behind (Cerebras' guide, resets in seconds);
 * `anthropic-ratelimit-requests-limit`, `-remaining`, `-reset`, and of `input-tokens` and `output-tokens` (Anthropic's guide;
 * resets are instants).
 */
import { anyWait } from '../failures/retry-after'
import { DAY_MS, type LimitUnit, MINUTE_MS } from './limit'

export interface SeenLimit {
  unit: LimitUnit
  windowMs: number
  amount: number
  remaining: number
  /** Till all of it is back; null: not said. */
  resetMs: number | null
  /** Does the provider say of which window it is? Else it is as `windowOf` takes it. */
  named: boolean
}

const UNITS: { [word: string]: LimitUnit } = {
  requests: 'requests',
  tokens: 'tokens',
  'input-tokens': 'inputTokens',
  'output-tokens': 'outputTokens',
}
const WINDOWS: { [word: string]: number } = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS }

const UNIT_WORDS = Object.keys(UNITS).join('|')
const NAME = new RegExp(`^x-ratelimit-limit-(${UNIT_WORDS})(?:-(${Object.keys(WINDOWS).join('|')}))?$`)
const ANTHROPIC_NAME = new RegExp(`^anthropic-ratelimit-(${UNIT_WORDS})-limit$`)

/** LIMIT-HEADERS-1 */
const MOST = 1e12
const NUMBER = /^\d{1,13}(?:\.\d+)?$/

const amountIn = (text: string | undefined): number | null => {
  const trimmed = text?.trim() ?? ''
  const amount = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN
  return amount >= 0 && amount <= MOST ? amount : null
}

type Headers = { readonly [name: string]: string }

/** All that are whole. `headers` have lower-case names; `now` in epoch milliseconds. */
export function limitsIn(headers: Headers, now: number): SeenLimit[] {
  return Object.keys(headers).flatMap((name) => {
    const [, unit = '', window] = NAME.exec(name) ?? ANTHROPIC_NAME.exec(name) ?? []
    const known = UNITS[unit]
    if (known === undefined) return []
    const textOf = (word: string) => headers[name.replace(/\blimit\b(?!.*\blimit\b)/, word)]
    const amount = amountIn(headers[name])
    const remaining = amountIn(textOf('remaining'))
    if (amount === null || amount === 0 || remaining === null) return []
    const resetMs = anyWait(textOf('reset')?.trim() ?? '', 's', now) ?? null
    const left = Math.min(remaining, amount)
    const named = name.startsWith('anthropic') ? MINUTE_MS : WINDOWS[window ?? '']
    const windowMs = named ?? windowOf(amount, left, resetMs)
    return [{ unit: known, windowMs, amount, remaining: left, resetMs, named: named !== undefined }]
  })
}

/**
 * Not said: by how long the part that is used takes to come back. OpenAI's 60 requests, 59 of them left, are back in 1 s: a
 * minute's. Groq's 14,400, 14,370 left, are back in 3 minutes: a day's. Where hardly anything is used, a window that ends
 * as a whole would look long: no more than what half of it would take is believed.
 */
function windowOf(amount: number, remaining: number, resetMs: number | null): number {
  if (resetMs === null) return MINUTE_MS
  const used = amount - remaining
  // A window that ends as a whole says nothing over its own length.
  if (resetMs <= MINUTE_MS + 1_000 && used / amount >= 0.5) return MINUTE_MS
  const fullMs = used <= 0 ? 0 : (resetMs * amount) / used
  return fullMs > DAY_OVER_MS && resetMs > MINUTE_OVER_MS ? DAY_MS : MINUTE_MS
}

const DAY_OVER_MS = 3 * 60 * MINUTE_MS
/** OpenAI's documentation shows `6m0s` for tokens; a reset under this is a minute's, however little is used. */
const MINUTE_OVER_MS = MINUTE_MS + 1_000
