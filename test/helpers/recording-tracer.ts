/** A tracer that keeps what is made with it. */
import type { Attributes, OpenSpan, SpanStart, Tracer } from '../../src/telemetry/tracing'

export interface Recorded extends SpanStart {
  events: { name: string; at: number; attributes: Attributes }[]
  /** null: never ended. */
  end: Parameters<OpenSpan['end']>[0] | null
}

export function recordingTracer(fixesIds = true): { tracer: Tracer; ended(): Recorded[] } {
  const spans: Recorded[] = []
  return {
    ended: () => spans.filter(({ end }) => end !== null),
    tracer: {
      fixesIds,
      start(span) {
        const recorded: Recorded = { ...span, events: [], end: null }
        spans.push(recorded)
        const { parent, ids } = span
        return {
          place: {
            traceId: parent?.traceId ?? ids?.traceId ?? 'e'.repeat(32),
            spanId: ids?.spanId ?? String(spans.length).padStart(16, '0'),
            sampled: parent?.sampled ?? true,
          },
          event: (name, at, attributes = {}) => recorded.events.push({ name, at, attributes }),
          end(end) {
            recorded.end = end
          },
        }
      },
    },
  }
}
