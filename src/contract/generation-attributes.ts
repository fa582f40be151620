/** A generation's search attributes as Temporal takes them: two at the start, the rest once at the end. */
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import type { AttemptRecord } from '../domain/routing/attempt'
import { attemptsCostUsd } from '../domain/routing/attempt-rows'
import type { Ended } from '../domain/routing/report'
import type { Candidate } from '../domain/routing/route'
import type { SearchAttributeName, UsableAttributes } from './search-attributes'

const key = (name: SearchAttributeName) => defineSearchAttributeKey(name, 'KEYWORD')
const listKey = (name: SearchAttributeName) => defineSearchAttributeKey(name, 'KEYWORD_LIST')
const intKey = (name: SearchAttributeName) => defineSearchAttributeKey(name, 'INT')

/** `searchable`: pairs of the request's metadata, where the attribute for them is registered. */
export function startAttributes(
  route: string,
  tenant: string | null,
  searchable: readonly string[] = [],
): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [{ key: key('HoldfastRoute'), value: route }]
  if (tenant !== null) pairs.push({ key: key('HoldfastTenant'), value: tenant })
  if (searchable.length > 0) pairs.push({ key: listKey('HoldfastMetadata'), value: [...searchable] })
  return pairs
}

/** Of one that waits for a key, till its end writes another outcome. */
export const parkedAttributes = (): SearchAttributePair[] => [{ key: key('HoldfastOutcome'), value: PARKED }]
export const PARKED = 'parked'

export interface OutcomeFacts extends Pick<Ended, 'outcome' | 'served' | 'target'> {
  records: readonly AttemptRecord[]
  candidates: readonly Candidate[]
  totalMs: number
}

const MICROS = 1_000_000

/** `usable`: not false. */
export function outcomeAttributes(
  { outcome, served, target, records, candidates, totalMs }: OutcomeFacts,
  usable: UsableAttributes,
): SearchAttributePair[] {
  const classes = records.flatMap(({ failure }) =>
    failure === undefined || failure.class === 'cancelled' ? [] : [failure.class],
  )
  const pairs: SearchAttributePair[] = [
    { key: key('HoldfastOutcome'), value: outcome },
    { key: intKey('HoldfastAttempts'), value: records.length },
  ]
  if (target !== null) pairs.push({ key: key('HoldfastTarget'), value: target })
  if (served !== null) pairs.push({ key: key('HoldfastServed'), value: served })
  if (classes.length > 0) pairs.push({ key: listKey('HoldfastFailures'), value: [...new Set(classes)] })
  if (usable !== 'all') return pairs
  pairs.push({ key: intKey('HoldfastDurationMs'), value: Math.max(0, Math.round(totalMs)) })
  const costUsd = attemptsCostUsd(records, candidates)
  if (costUsd !== null) pairs.push({ key: intKey('HoldfastCostMicros'), value: Math.round(costUsd * MICROS) })
  return pairs
}
