/** What a provider lets an account have in a time: requests, or tokens. */

export const LIMIT_UNITS = ['requests', 'tokens', 'inputTokens', 'outputTokens'] as const
export type LimitUnit = (typeof LIMIT_UNITS)[number]

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

export interface Limit {
  unit: LimitUnit
  /** So much of the unit in a window. */
  amount: number
  windowMs: number
}

/** What one call takes of its provider's limits. */
export interface LimitCost {
  inputTokens: number
  outputTokens: number
  /** Of the input: read from the provider's prompt cache. */
  cachedInputTokens?: number | undefined
}

/** Where input is limited by itself, what is read from the prompt cache does not count (Anthropic's guide to rate limits). */
export function costIn(
  unit: LimitUnit,
  { inputTokens, outputTokens, cachedInputTokens = 0 }: LimitCost,
): number {
  switch (unit) {
    case 'requests':
      return 1
    case 'tokens':
      return inputTokens + outputTokens
    case 'inputTokens':
      return Math.max(0, inputTokens - cachedInputTokens)
    case 'outputTokens':
      return outputTokens
  }
}

/** Of one key at one model; a null model: all of the provider's. A null key: the provider needs none. */
export interface LimitScope {
  key: string | null
  model: string | null
}

/** The same limit in every worker, in reports and in what is published. */
export const limitId = ({ key, model }: LimitScope, { unit, windowMs }: Limit): string =>
  JSON.stringify([key, model, unit, windowMs])

/** null: it is none of ours. */
export function readLimitId(id: string): (LimitScope & Pick<Limit, 'unit' | 'windowMs'>) | null {
  try {
    const [key, model, unit, windowMs] = JSON.parse(id) as unknown[]
    const named = [key, model].every((one) => one === null || typeof one === 'string')
    if (!named || !LIMIT_UNITS.some((one) => one === unit) || typeof windowMs !== 'number') return null
    return { key, model, unit, windowMs } as ReturnType<typeof readLimitId>
  } catch {
    return null
  }
}
