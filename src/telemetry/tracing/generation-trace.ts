/**
 * The span of a generation, made at its end: it may have waited for hours, and moved from worker to worker (PLACES-1).
 * Tokens and models stand on its attempts alone: whoever sums them up would count them twice.
 */
import type { GenerationEnd } from '../../contract/generation-end'
import type { AttemptRecord } from '../../domain/routing/attempt'
import { ATTRIBUTES, EVENTS, SPANS } from './names'
import { generationStart } from './places'
import type { Attributes, Tracing } from './types'

export function traceGeneration({ tracer }: Pick<Tracing, 'tracer'>, end: GenerationEnd): void {
  const { id, run, trace, route, acceptedAt, endedAt, outcome, rescue, attempts } = end
  const span = tracer.start({
    name: SPANS.generation(route),
    kind: 'internal',
    startedAt: acceptedAt,
    ...generationStart(tracer, { id, run, trace }),
    attributes: { [ATTRIBUTES.generation]: id, [ATTRIBUTES.route]: route },
  })
  for (const { name, at, attributes } of changesOf(attempts)) span.event(name, at, attributes)
  if (rescue !== undefined) span.event(EVENTS.rescue, endedAt, { [ATTRIBUTES.kind]: rescue })
  const failed = outcome !== 'answered'
  span.end({
    at: Math.max(acceptedAt, endedAt),
    attributes: { ...factsOf(end), ...(failed ? { [ATTRIBUTES.errorType]: outcome } : {}) },
    // Whoever cancels it wants no answer: nothing has failed.
    error: failed && outcome !== 'cancelled' ? outcome : undefined,
  })
}

const factsOf = (end: GenerationEnd): Attributes => ({
  [ATTRIBUTES.tenant]: end.tenant ?? undefined,
  [ATTRIBUTES.outcome]: end.outcome,
  [ATTRIBUTES.served]: end.served ?? undefined,
  [ATTRIBUTES.target]: end.target ?? undefined,
  [ATTRIBUTES.attempts]: end.attempts.length,
  [ATTRIBUTES.failures]: [
    ...new Set(end.attempts.flatMap(({ failure }) => (failure === undefined ? [] : [failure.class]))),
  ],
  [ATTRIBUTES.cacheAgeMs]: end.cacheAgeMs,
  [ATTRIBUTES.durable]: end.durable ? undefined : false,
})

interface Change {
  name: string
  at: number
  attributes: Attributes
}

/** Where another target was called: as a fallback when the one before had failed, else as a hedge beside it. */
function changesOf(attempts: readonly AttemptRecord[]): Change[] {
  const inOrder = [...attempts].sort((one, other) => one.startedAt - other.startedAt)
  return inOrder.flatMap((attempt, place) => {
    const before = inOrder[place - 1]
    if (before === undefined || before.candidate === attempt.candidate) return []
    const { failure, startedAt, durationMs, target: from } = before
    const over = failure !== undefined && startedAt + durationMs <= attempt.startedAt
    const attributes = { [ATTRIBUTES.from]: from, [ATTRIBUTES.to]: attempt.target }
    return [
      over
        ? {
            name: EVENTS.fallback,
            at: attempt.startedAt,
            attributes: { ...attributes, [ATTRIBUTES.failureClass]: failure.class },
          }
        : { name: EVENTS.hedge, at: attempt.startedAt, attributes },
    ]
  })
}
