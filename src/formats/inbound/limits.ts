/** Numbers and lists of which one value means that there is none. */
import { z } from 'zod'

/** -1 is how several servers write that there is no limit. */
export const unlessOff = (value: unknown): unknown => (value === -1 ? undefined : value)

/** 0 is how others write that all tokens are chosen from. */
export const topK = z
  .preprocess((value) => (value === 0 ? undefined : unlessOff(value)), z.int().positive().optional())
  .optional()

/** An empty text stops nothing. */
export function stopsIn(given: string | readonly (string | null)[] | undefined): string[] | undefined {
  if (given === undefined) return undefined
  const stops = [given].flat().filter((stop): stop is string => stop !== null && stop !== '')
  return stops.length === 0 ? undefined : stops
}
