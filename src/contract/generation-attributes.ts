/** A generation's search attributes as Temporal takes them: two at the start, the rest once at the end. */
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { SearchAttributeName } from './search-attributes'

const key = (name: SearchAttributeName) => defineSearchAttributeKey(name, 'KEYWORD')

export function startAttributes(route: string, tenant: string | null): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [{ key: key('HoldfastRoute'), value: route }]
  if (tenant !== null) pairs.push({ key: key('HoldfastTenant'), value: tenant })
  return pairs
}

export interface GenerationOutcome {
  /** `answered`, or the kind of the error that ended the run. */
  outcome: string
  served: string | null
  target: string | null
}

export function outcomeAttributes(
  { outcome, served, target }: GenerationOutcome,
  records: readonly AttemptRecord[],
): SearchAttributePair[] {
  const classes = records.flatMap(({ failure }) => (failure === undefined ? [] : [failure.class]))
  const pairs: SearchAttributePair[] = [
    { key: key('HoldfastOutcome'), value: outcome },
    {
      key: defineSearchAttributeKey('HoldfastAttempts' satisfies SearchAttributeName, 'INT'),
      value: records.length,
    },
  ]
  if (target !== null) pairs.push({ key: key('HoldfastTarget'), value: target })
  if (served !== null) pairs.push({ key: key('HoldfastServed'), value: served })
  if (classes.length > 0)
    pairs.push({
      key: defineSearchAttributeKey('HoldfastFailures' satisfies SearchAttributeName, 'KEYWORD_LIST'),
      value: [...new Set(classes)],
    })
  return pairs
}
