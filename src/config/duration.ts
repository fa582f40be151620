/** Durations and percentages as people write them in a config file. */

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const
type Unit = keyof typeof UNIT_MS

export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
export const PERCENT_PATTERN = /^(\d+(?:\.\d+)?)%$/

/** `250ms`, `1.5s`, `5m`, `24h`, `7d` -> whole milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = DURATION_PATTERN.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  const ms = Math.round(Number(amount) * UNIT_MS[unit as Unit])
  return Number.isSafeInteger(ms) ? ms : null
}

/** Milliseconds -> the largest unit that shows them exactly: 300000 -> `5m`, 1500 -> `1500ms`. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(UNIT_MS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

/** `10%` -> 0.1; null for anything else, and above 100 %. */
export function parsePercent(text: string): number | null {
  const amount = PERCENT_PATTERN.exec(text)?.[1]
  const share = Number(amount) / 100
  return amount === undefined || share > 1 ? null : share
}

/** 0.1 -> `10%`. */
export const formatPercent = (share: number): string => `${Number((share * 100).toFixed(4))}%`
