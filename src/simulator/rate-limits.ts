/**
 * A provider's own limits, by key and model: over them it answers 429, and with every answer it says what is left.
 *
 * RATE-LIMITS-1 `bucket`: what is used comes back evenly, at most a whole limit lies in it (OpenAI, Anthropic). `window`:
 *    no minute has more than the limit.
 * RATE-LIMITS-2 A call is charged at its arrival, with its prompt and the longest answer that it allows; at its end with
 *    what it has used. One that is refused is charged nothing.
 */
import { z } from 'zod'
import type { Usage } from '../domain/streaming/answer'
import { type ErrorFormat, namedError, type SimulatedError } from './errors'

const MINUTE_MS = 60_000

const amount = z.number().positive().optional()
export const rateLimitsSchema = z.strictObject({
  requestsPerMinute: amount,
  tokensPerMinute: amount,
  inputTokensPerMinute: amount,
  outputTokensPerMinute: amount,
  /** RATE-LIMITS-1. Default bucket. */
  how: z.enum(['bucket', 'window']).optional(),
  /** Does it say what is left? Default true. */
  headers: z.boolean().optional(),
})
export type RateLimits = z.output<typeof rateLimitsSchema>

type Unit = 'requests' | 'tokens' | 'input-tokens' | 'output-tokens'
const AMOUNTS: [
  Unit,
  'requestsPerMinute' | 'tokensPerMinute' | 'inputTokensPerMinute' | 'outputTokensPerMinute',
][] = [
  ['requests', 'requestsPerMinute'],
  ['tokens', 'tokensPerMinute'],
  ['input-tokens', 'inputTokensPerMinute'],
  ['output-tokens', 'outputTokensPerMinute'],
]

export interface LimitedRequest {
  provider: string
  model: string
  /** null: it came without. */
  key: string | null
  dialect: ErrorFormat
  inputTokens: number
  maxOutputTokens: number
}

export interface LimitedAnswer {
  headers: { [name: string]: string }
  /** null: it may go. */
  refusal: { error: SimulatedError; retryAfter: string } | null
  /** What it has used in the end. */
  settle(usage: Usage): void
}

export interface SimulatedRateLimits {
  /** `target`: `provider/model`, or `provider` for each of its models. null: none. */
  set(target: string, limits: RateLimits | null): void
  /** null: it has none. `now` in epoch milliseconds. */
  admit(request: LimitedRequest, now: number): LimitedAnswer | null
  clear(): void
}

interface Counter {
  used: number
  at: number
  /** Of a window. */
  log: { at: number; cost: number }[]
}

const costOf = (unit: Unit, input: number, output: number): number =>
  unit === 'requests' ? 1 : unit === 'tokens' ? input + output : unit === 'input-tokens' ? input : output

export function createRateLimits(): SimulatedRateLimits {
  const all = new Map<string, RateLimits>()
  const counters = new Map<string, Counter>()

  function usedOf(counter: Counter, most: number, how: RateLimits['how'], now: number): number {
    if (how === 'window') {
      while ((counter.log[0]?.at ?? now) <= now - MINUTE_MS) counter.log.shift()
      return counter.log.reduce((sum, { cost }) => sum + cost, 0)
    }
    counter.used = Math.max(0, counter.used - (most / MINUTE_MS) * (now - counter.at))
    counter.at = now
    return counter.used
  }

  /** Till so much has come back, milliseconds. */
  function backIn(counter: Counter, most: number, how: RateLimits['how'], cost: number, now: number): number {
    if (how !== 'window') return (Math.min(cost, counter.used) * MINUTE_MS) / most
    let back = 0
    for (const one of counter.log) {
      back += one.cost
      if (back >= cost) return Math.max(0, one.at + MINUTE_MS - now)
    }
    return 0
  }

  return {
    set(target, limits) {
      if (limits === null) all.delete(target)
      else all.set(target, limits)
    },
    clear() {
      all.clear()
      counters.clear()
    },
    admit({ provider, model, key, dialect, inputTokens, maxOutputTokens }, now) {
      const limits = all.get(`${provider}/${model}`) ?? all.get(provider)
      if (limits === undefined) return null
      const { how, headers: says = true } = limits
      const kept = AMOUNTS.flatMap(([unit, field]) => {
        const most = limits[field]
        if (most === undefined) return []
        const name = JSON.stringify([provider, model, key, unit])
        const counter = counters.get(name) ?? { used: 0, at: now, log: [] }
        counters.set(name, counter)
        const used = usedOf(counter, most, how, now)
        return [{ unit, most, counter, used, cost: costOf(unit, inputTokens, maxOutputTokens) }]
      })
      const over = kept.filter(({ used, cost, most }) => used + cost > most)
      const entries =
        over.length > 0
          ? []
          : kept.map(({ counter, cost, unit }) => {
              const entry = { at: now, cost }
              counter.used += cost
              counter.log.push(entry)
              return { counter, entry, unit }
            })
      const headers: { [name: string]: string } = {}
      if (says)
        for (const { unit, most, counter } of kept) {
          const used = usedOf(counter, most, how, now)
          const fullMs = backIn(counter, most, how, used, now)
          const left = String(Math.max(0, Math.floor(most - used)))
          if (dialect === 'anthropic') {
            headers[`anthropic-ratelimit-${unit}-limit`] = String(most)
            headers[`anthropic-ratelimit-${unit}-remaining`] = left
            headers[`anthropic-ratelimit-${unit}-reset`] = new Date(now + fullMs).toISOString()
          } else {
            headers[`x-ratelimit-limit-${unit}`] = String(most)
            headers[`x-ratelimit-remaining-${unit}`] = left
            headers[`x-ratelimit-reset-${unit}`] = `${(fullMs / 1_000).toFixed(3)}s`
          }
        }
      const waitMs = Math.max(
        0,
        ...over.map((one) => backIn(one.counter, one.most, how, one.used + one.cost - one.most, now)),
      )
      return {
        headers,
        refusal:
          over.length === 0
            ? null
            : {
                error: namedError(dialect, 'rate_limited', model),
                retryAfter: String(Math.max(1, Math.ceil(waitMs / 1_000))),
              },
        settle({ inputTokens: input, outputTokens: output }) {
          for (const { counter, entry, unit } of entries) {
            const cost = costOf(unit, input, output)
            counter.used = Math.max(0, counter.used + cost - entry.cost)
            entry.cost = cost
          }
        },
      }
    },
  }
}
