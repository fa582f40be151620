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
  /** The failure classes met on the way, each once. */
  HoldfastFailures: 'KeywordList',
} as const satisfies Record<string, SearchAttributeTypeName>

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES

export const SEARCH_ATTRIBUTE_NAMES = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[]
