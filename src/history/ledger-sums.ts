/** Rows of a ledger, added up by what they have in common. Pure. */
import type { LedgerRow } from './ledger'

/** By what rows can be put together; also `metadata.KEY`. */
export const DIMENSIONS = ['route', 'tenant', 'target', 'day', 'outcome'] as const
export type Dimension = (typeof DIMENSIONS)[number] | `metadata.${string}`

export interface Sums {
  attempts: number
  inputTokens: number
  cachedInputTokens: number
  cacheWriteInputTokens: number
  outputTokens: number
  /** All of it, billionths of a US dollar. */
  costNanos: number
  /** Of that: by estimates. */
  estimatedNanos: number
  /** Of that: of attempts whose answer was not served. Shadows apart. */
  unservedNanos: number
  /** Of that: of shadows. */
  shadowNanos: number
  /** Attempts whose cost is not in it: tokens or price are not known. */
  unknown: number
}

export interface LedgerGroup extends Sums {
  /** In the order of the dimensions. */
  by: string[]
}

export interface LedgerSums {
  add(row: LedgerRow): void
  /** The most expensive first. */
  groups(): LedgerGroup[]
  total(): Sums
}

const NOTHING: Sums = {
  attempts: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  costNanos: 0,
  estimatedNanos: 0,
  unservedNanos: 0,
  shadowNanos: 0,
  unknown: 0,
}

export function createLedgerSums(dimensions: readonly Dimension[]): LedgerSums {
  const groups = new Map<string, LedgerGroup>()
  const all = { ...NOTHING }
  return {
    add(row) {
      const by = dimensions.map((dimension) => inDimension(row, dimension))
      const key = JSON.stringify(by)
      const group = groups.get(key) ?? { by, ...NOTHING }
      groups.set(key, group)
      addTo(group, row)
      addTo(all, row)
    },
    groups: () => [...groups.values()].sort(byCost),
    total: () => ({ ...all }),
  }
}

const byCost = (a: LedgerGroup, b: LedgerGroup): number =>
  b.costNanos - a.costNanos || (JSON.stringify(a.by) < JSON.stringify(b.by) ? -1 : 1)

const METADATA = 'metadata.'

/** `''`: it has none. */
function inDimension(row: LedgerRow, dimension: Dimension): string {
  switch (dimension) {
    case 'route':
    case 'target':
    case 'outcome':
      return row[dimension]
    case 'tenant':
      return row.tenant ?? ''
    case 'day':
      return new Date(row.startedAt).toISOString().slice(0, 'YYYY-MM-DD'.length)
    default: {
      const key = dimension.slice(METADATA.length)
      return Object.hasOwn(row.metadata, key) ? (row.metadata[key] ?? '') : ''
    }
  }
}

function addTo(sums: Sums, { usage, costNanos, sure, served, shadow }: LedgerRow): void {
  sums.attempts += 1
  sums.inputTokens += usage?.inputTokens ?? 0
  sums.cachedInputTokens += usage?.cachedInputTokens ?? 0
  sums.cacheWriteInputTokens += usage?.cacheWriteInputTokens ?? 0
  sums.outputTokens += usage?.outputTokens ?? 0
  if (costNanos === null) sums.unknown += 1
  const cost = costNanos ?? 0
  sums.costNanos += cost
  if (sure === 'estimated') sums.estimatedNanos += cost
  if (shadow) sums.shadowNanos += cost
  else if (!served) sums.unservedNanos += cost
}
