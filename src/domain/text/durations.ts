/** Durations for people. Pure. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** As it was measured: `8 ms`, `1.00 s`. */
export const seconds = (ms: number): string =>
  ms < SECOND_MS ? `${ms} ms` : `${(ms / SECOND_MS).toFixed(2)} s`

/** Milliseconds, the two largest units: `45 s`, `2 min 5 s`, `3 h`, `2 d 4 h`. A part of a second counts as one. */
export function span(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / SECOND_MS)) * SECOND_MS
  const parts = [
    [Math.floor(whole / DAY_MS), 'd'],
    [Math.floor((whole % DAY_MS) / HOUR_MS), 'h'],
    [Math.floor((whole % HOUR_MS) / MINUTE_MS), 'min'],
    [Math.floor((whole % MINUTE_MS) / SECOND_MS), 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .flatMap(([amount, unit]) => (amount > 0 ? [`${amount} ${unit}`] : []))
    .join(' ')
}

/** Short ones as measured, long ones by their largest units. */
export const duration = (ms: number): string => (ms < MINUTE_MS ? seconds(Math.round(ms)) : span(ms))

/** `2026-11-27 23:14:45 UTC`. `at` in epoch milliseconds. */
export const instant = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
