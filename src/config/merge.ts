/** One layer over another: lists and plain values replace, blocks merge, `undefined` leaves what is below. */

const isBlock = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A new value; neither layer is changed. */
export function merge<T>(below: T, above: T | undefined): T
export function merge(below: unknown, above: unknown): unknown {
  if (above === undefined) return below
  if (!isBlock(below) || !isBlock(above)) return above
  const result = new Map(Object.entries(below))
  for (const [key, value] of Object.entries(above)) result.set(key, merge(result.get(key), value))
  return Object.fromEntries(result)
}
