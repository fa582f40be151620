/**
 * Durations as text, and waiting times drawn from a seed: the same seed and the same order of calls
 * give the same times, so a benchmark or a failing test can be run again as it was.
 */
import { z } from 'zod'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** `250ms`, `1.5s`, `2m`, `1h` -> milliseconds, or null where the text is no duration. */
export function durationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : null
}

export const durationSchema = z.string().transform((text, context) => {
  const parsedMs = durationMs(text)
  if (parsedMs !== null) return parsedMs
  context.addIssue({ code: 'custom', message: `"${text}" is no duration: write 250ms, 1.5s, 2m or 1h` })
  return z.NEVER
})

const lognormalSchema = z
  .strictObject({ distribution: z.literal('lognormal'), median: durationSchema, p99: durationSchema })
  .refine((spec) => spec.p99 >= spec.median && spec.median > 0, '0 < median <= p99 is needed')
const uniformSchema = z.strictObject({ uniform: z.tuple([durationSchema, durationSchema]) })
const longTailSchema = z.strictObject({
  usual: durationSchema,
  slow: durationSchema,
  slowShare: z.number().min(0).max(1),
})

export const latencySchema = z.union([durationSchema, lognormalSchema, uniformSchema, longTailSchema])
export type Latency = z.output<typeof latencySchema>

/** A source of numbers in [0, 1). */
export type Random = () => number

/** mulberry32: small, fast, good enough for waiting times; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** FNV-1a over the text, started from `seed`: a target's n-th call gets numbers of its own. */
export function hashSeed(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326_347_874

function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Draws one waiting time in milliseconds. A lognormal one is capped at ten times its p99. */
export function sampleMs(latency: Latency, random: Random): number {
  if (typeof latency === 'number') return latency
  if ('uniform' in latency) {
    const [fromMs, toMs] = latency.uniform
    return fromMs + (toMs - fromMs) * random()
  }
  if ('slowShare' in latency) return random() < latency.slowShare ? latency.slow : latency.usual
  const sigma = Math.log(latency.p99 / latency.median) / Z99
  const drawnMs = latency.median * Math.exp(sigma * standardNormal(random))
  return Math.min(drawnMs, latency.p99 * 10)
}
