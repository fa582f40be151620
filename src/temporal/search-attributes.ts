/**
 * Holdfast's search attributes on a cluster: are they registered?
 * Writing one that isn't registered blocks a workflow till its execution timeout, so this is checked at boot.
 */
import type { ConnectionLike } from '@temporalio/client'
import { temporal } from '@temporalio/proto'
import {
  LATER_ATTRIBUTES,
  SEARCH_ATTRIBUTE_NAMES,
  SEARCH_ATTRIBUTES,
  type SearchAttributeName,
  type SearchAttributeTypeName,
  START_ONLY_ATTRIBUTES,
  type UsableAttributes,
} from '../contract/search-attributes'
import { inTime } from '../util/async'
import { reasonOf } from './errors'

const { IndexedValueType } = temporal.api.enums.v1

/** As the wire spells them. */
const TYPES = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
} as const satisfies Record<SearchAttributeTypeName, unknown>

export type SearchAttributeCheck =
  | { ok: true }
  | {
      ok: false
      missing: SearchAttributeName[]
      /** Registered by somebody else, with another type. */
      mistyped: SearchAttributeName[]
      /** Registers what is missing. */
      command: string
      /** A sentence for the log, the command included. */
      message: string
    }

/**
 * Reads from the cluster which of Holdfast's attributes the namespace knows. Never throws: a cluster that can't be
 * read counts as one that lacks them all, since a run without attributes is better than a blocked one.
 *
 * @param timeoutMs for the one call it makes
 */
export async function checkSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
  timeoutMs = 2_000,
): Promise<SearchAttributeCheck> {
  try {
    const listing = connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    )
    const known = await inTime(timeoutMs, listing)
    return compare(known.customAttributes, namespace)
  } catch (error) {
    return verdict(namespace, SEARCH_ATTRIBUTE_NAMES, [], `could not be checked (${reasonOf(error)})`)
  }
}

function compare(known: Record<string, number>, namespace: string): SearchAttributeCheck {
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => known[name] === undefined)
  const mistyped = SEARCH_ATTRIBUTE_NAMES.filter(
    (name) => known[name] !== undefined && known[name] !== TYPES[SEARCH_ATTRIBUTES[name]],
  )
  if (missing.length === 0 && mistyped.length === 0) return { ok: true }
  const lacks = missing.length > 0 ? [`lack ${missing.join(', ')}`] : []
  const differs = mistyped.length > 0 ? [`have another type for ${mistyped.join(', ')}`] : []
  return verdict(namespace, missing, mistyped, [...lacks, ...differs].join(' and '))
}

function verdict(
  namespace: string,
  missing: SearchAttributeName[],
  mistyped: SearchAttributeName[],
  what: string,
): SearchAttributeCheck {
  const command = registerCommand(missing, namespace)
  const advice = missing.length > 0 ? ` Register them: ${command}` : ' Rename or remove those first.'
  const message = `The search attributes of namespace ${namespace} ${what}: ${lack(missing, mistyped)}.${advice}`
  return { ok: false, missing, mistyped, command, message }
}

/** A cluster that lacks the later ones alone serves the others. */
export function usableAttributes(check: SearchAttributeCheck): UsableAttributes {
  const lacking = check.ok ? [] : lackingOf(check)
  return lacking.length === 0 ? 'all' : lacking.every((name) => LATER_ATTRIBUTES.has(name))
}

/** May a run be found by its metadata? */
export const searchesMetadata = (check: SearchAttributeCheck): boolean =>
  check.ok || ![...check.missing, ...check.mistyped].includes('HoldfastMetadata')

type Lacking = Pick<Extract<SearchAttributeCheck, { ok: false }>, 'missing' | 'mistyped'>

/** Of those that runs write themselves. */
const lackingOf = ({ missing, mistyped }: Lacking): SearchAttributeName[] =>
  [...missing, ...mistyped].filter((name) => !START_ONLY_ATTRIBUTES.has(name))

const lack = (missing: SearchAttributeName[], mistyped: SearchAttributeName[]): string =>
  lackingOf({ missing, mistyped }).every((name) => LATER_ATTRIBUTES.has(name))
    ? 'generations run without these'
    : 'generations run without any'

/** @returns the CLI command that registers these attributes; empty when there are none. */
export function registerCommand(names: readonly SearchAttributeName[], namespace: string): string {
  if (names.length === 0) return ''
  const pairs = names.map((name) => `--name ${name} --type ${SEARCH_ATTRIBUTES[name]}`)
  return `temporal operator search-attribute create --namespace ${namespace} ${pairs.join(' ')}`
}

/**
 * Registers what is missing: only on a server of our own. A database that another Temporal server made, or an
 * older build of ours, knows nothing of the attributes that this server was started with.
 *
 * @returns whether it had to
 */
export async function registerMissing(connection: ConnectionLike, namespace: string): Promise<boolean> {
  const check = await checkSearchAttributes(connection, namespace)
  if (check.ok || check.missing.length === 0) return false
  const searchAttributes = Object.fromEntries(
    check.missing.map((name) => [name, TYPES[SEARCH_ATTRIBUTES[name]]]),
  )
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
  return true
}
