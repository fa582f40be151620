/**
 * Where the spans of a generation stand in a trace.
 *
 * PLACES-1 Its ids follow from its id and its run: whichever worker makes an attempt knows its parent, although that span is
 *    made only at the end, perhaps hours later and elsewhere; and made twice, it is the same span.
 * PLACES-2 Without a caller's trace the generation begins one of its own, by the same rule.
 */
import { createHash } from 'node:crypto'
import { placeOf, type SpanPlace, type TraceContext } from '../../contract/trace-context'
import type { Tracer } from './types'

export interface GenerationIdentity {
  id: string
  /** The id of its chain's first run. */
  run: string
  trace?: TraceContext | undefined
}

/** What `Tracer.start` needs for a generation's own span. */
export function generationStart(
  { fixesIds }: Pick<Tracer, 'fixesIds'>,
  { id, run, trace }: GenerationIdentity,
): { parent: SpanPlace | null; ids: Pick<SpanPlace, 'traceId' | 'spanId'> } {
  const parent = placeOf(trace?.traceparent, trace?.tracestate)
  const ids = {
    traceId: parent?.traceId ?? hexOf(32, 'trace', id, run),
    spanId: hexOf(16, 'generation', id, run),
  }
  // Then its span can't have the ids that its attempts point to: it stands beside them instead.
  if (!fixesIds) return { parent: parent ?? { ...ids, sampled: true }, ids }
  return { parent, ids }
}

/** The parent of its attempts. */
export function generationPlace(tracer: Tracer, identity: GenerationIdentity): SpanPlace {
  const { parent, ids } = generationStart(tracer, identity)
  if (parent !== null && !tracer.fixesIds) return parent
  // Never ended, and so never sent: only its sampler's decision is wanted.
  const { place } = tracer.start({ name: '', kind: 'internal', startedAt: 0, parent, ids })
  return { ...place, ...ids }
}

export interface AttemptIdentity extends GenerationIdentity {
  /** The n-th candidate that its generation has started. */
  sequence: number
  /** Of Temporal's activity, from 1. */
  attempt: number
}

export const attemptSpanId = ({ id, run, sequence, attempt }: Omit<AttemptIdentity, 'trace'>): string =>
  hexOf(16, 'attempt', id, run, String(sequence), String(attempt))

/** Parts are kept apart: no two lists of them make one text. */
const hexOf = (digits: number, ...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits)
