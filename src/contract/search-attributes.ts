/**
 * The search attributes a generation carries: the one table of names and types.
 * Sandbox-safe: the workflow writes them, the embedded server registers them, `src/temporal` checks them.
 * Names stand in histories and in people's saved queries: add, never rename.
 */

/** The server's own spelling of the types, as its CLI takes them. */
export type SearchAttributeTypeName = 'Keyword' | 'Int' | 'KeywordList'

export const SEARCH_ATTRIBUTES = {
  HoldfastRoute: 'Keyword',
  HoldfastTenant: 'Keyword',
  HoldfastTarget: 'Keyword',
  /** `provider`, `cache` or `stale`. */
  HoldfastServed: 'Keyword',
  /** `answered`, or the kind of the error that ended the run. */
  HoldfastOutcome: 'Keyword',
  HoldfastAttempts: 'Int',
  /** The failure classes met on the way, each once; a loser that was hung up on is no failure. */
  HoldfastFailures: 'KeywordList',
  /** What its attempts cost, as far as usage and price are known: millionths of a US dollar. */
  HoldfastCostMicros: 'Int',
  /** From the start of its first run to its end. */
  HoldfastDurationMs: 'Int',
  /** Pairs of a request's metadata, as `key=value`: of the keys that the config names. Written at the start. */
  HoldfastMetadata: 'KeywordList',
} as const satisfies Record<string, SearchAttributeTypeName>

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES

export const SEARCH_ATTRIBUTE_NAMES = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[]

/** Those that clusters lack whose operator registered them for 0.1.0-alpha.1. */
export const LATER_ATTRIBUTES: ReadonlySet<SearchAttributeName> = new Set([
  'HoldfastCostMicros',
  'HoldfastDurationMs',
])

/** Written by those alone who start a run: a cluster that lacks it serves every run as before. */
export const START_ONLY_ATTRIBUTES: ReadonlySet<SearchAttributeName> = new Set(['HoldfastMetadata'])

/**
 * What a run may write: `all`; `true`, all but LATER_ATTRIBUTES (builds that don't know these say so too); `false`, none.
 * One that is not registered would block the run.
 */
export type UsableAttributes = boolean | 'all'
