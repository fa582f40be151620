/**
 * What stands in a generation's memo from its start: whose it is, which body its id stands for, how long it tries, and its
 * metadata. A memo goes through the data converter: where that encrypts, nobody else reads it.
 */

import type { Metadata } from '../domain/request/metadata'
import type { Parked } from './generation'

const TENANT_MEMO = 'holdfastTenant'
const BODY_MEMO = 'holdfastBody'
const UNLABELLED_MEMO = 'holdfastUnlabelled'
const DEADLINE_MEMO = 'holdfastDeadlineAt'
const METADATA_MEMO = 'holdfastMetadata'
const PARKED_MEMO = 'holdfastParked'

export interface GenerationMemo {
  tenant: string | null
  /** Hash of route and request; null: its id stands for no key of a caller's. */
  body: string | null
  /** The same less the labels that its client sends the provider: null as `body`. */
  unlabelled: string | null
  /** Epoch milliseconds; null: it is the business of one caller, who knows. */
  deadlineAt: number | null
  /** As its request had it; empty: it had none, or an older build began it. */
  metadata: Metadata
}

interface WrittenMemo
  extends Pick<GenerationMemo, 'tenant' | 'body'>,
    Partial<Pick<GenerationMemo, 'unlabelled' | 'deadlineAt' | 'metadata'>> {}

export const generationMemo = ({
  tenant,
  body,
  unlabelled = null,
  deadlineAt = null,
  metadata = {},
}: WrittenMemo): { [name: string]: string | Metadata } => ({
  ...(tenant === null ? {} : { [TENANT_MEMO]: tenant }),
  ...(body === null ? {} : { [BODY_MEMO]: body }),
  ...(unlabelled === null || unlabelled === body ? {} : { [UNLABELLED_MEMO]: unlabelled }),
  ...(deadlineAt === null ? {} : { [DEADLINE_MEMO]: String(deadlineAt) }),
  ...(Object.keys(metadata).length === 0 ? {} : { [METADATA_MEMO]: metadata }),
})

export function readGenerationMemo(memo: { [name: string]: unknown } | undefined): GenerationMemo {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  const deadlineAt = text(memo?.[DEADLINE_MEMO])
  const body = text(memo?.[BODY_MEMO])
  return {
    tenant: text(memo?.[TENANT_MEMO]),
    body,
    unlabelled: text(memo?.[UNLABELLED_MEMO]) ?? body,
    deadlineAt: deadlineAt === null ? null : Number(deadlineAt),
    metadata: readMetadata(memo?.[METADATA_MEMO]),
  }
}

/** Anybody may start a workflow of this type: what is no text is left out. */
const readMetadata = (value: unknown): Metadata =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
      )
    : {}

/** Of a generation that waits for a key, from then on. */
export const parkedMemo = ({ since, until, providers }: ParkedFact): { [name: string]: ParkedFact } => ({
  [PARKED_MEMO]: { since, until, providers },
})

/** Instants in epoch milliseconds. */
export type ParkedFact = Pick<Parked, 'since' | 'until' | 'providers'>

/** null: it has not waited for a key. Anybody may start a workflow of this type: what has another shape is none. */
export function readParked(memo: { [name: string]: unknown } | undefined): ParkedFact | null {
  const value = memo?.[PARKED_MEMO]
  if (typeof value !== 'object' || value === null || !('since' in value) || !('until' in value)) return null
  const { since, until } = value
  const given: unknown[] = 'providers' in value && Array.isArray(value.providers) ? value.providers : []
  const providers = given.filter((one): one is string => typeof one === 'string')
  return typeof since === 'number' && typeof until === 'number' ? { since, until, providers } : null
}

/** As a field of its own, where there is any. */
export function metadataIn(memo: { [name: string]: unknown } | undefined): { metadata?: Metadata } {
  const { metadata } = readGenerationMemo(memo)
  return Object.keys(metadata).length === 0 ? {} : { metadata }
}

/** METADATA-1: do both stand for one request, whatever their metadata? Builds that know no `unlabelled` compare `body`. */
export const isSameBody = (
  one: Pick<GenerationMemo, 'body' | 'unlabelled'>,
  other: Pick<GenerationMemo, 'body' | 'unlabelled'>,
): boolean => one.body === other.body || one.unlabelled === other.unlabelled
