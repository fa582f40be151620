/** The tracer on top of OpenTelemetry's API: this room's one file that knows its types. Loaded only where traces are on. */
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { SpanPlace } from '../../contract/trace-context'
import { withIds } from './ids'
import { SCOPE } from './names'
import type { Attributes, OpenSpan, SpanStart, Tracer } from './types'

const KINDS: Record<SpanStart['kind'], SpanKind> = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
}

export function tracerOf(provider: TracerProvider, version?: string): Tracer {
  const tracer = provider.getTracer(SCOPE, version)
  const start = ({ name, kind, startedAt, parent, ids, attributes, links = [] }: SpanStart): Span => {
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(parent))
    const options = {
      kind: KINDS[kind],
      startTime: startedAt,
      attributes: known(attributes),
      links: links.map((place) => ({ context: contextOf(place) })),
    }
    return withIds(ids, () => tracer.startSpan(name, options, context))
  }
  let fixesIds: boolean | null = null
  return {
    // An application may register its provider after its client was made: till then there is nobody to ask.
    get fixesIds() {
      if (fixesIds !== null) return fixesIds
      const probe = start({ name: '', kind: 'internal', startedAt: 0, parent: null, ids: PROBED })
      if (!isSpanContextValid(probe.spanContext())) return true
      fixesIds = probe.spanContext().spanId === PROBED.spanId
      return fixesIds
    },
    start: (options) => openSpan(start(options)),
  }
}

/** Any that are valid: a provider that takes ours has them. */
const PROBED = { traceId: 'a'.repeat(32), spanId: 'a'.repeat(16) }

function openSpan(span: Span): OpenSpan {
  return {
    place: placeOfSpan(span),
    event: (name, at, attributes) => {
      span.addEvent(name, known(attributes), at)
    },
    end({ at, attributes, error }) {
      span.setAttributes(known(attributes))
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
      span.end(at)
    },
  }
}

/** Of a span, or of the one that is active. */
export function placeOfSpan(span: Pick<Span, 'spanContext'>): SpanPlace {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const tracestate = traceState?.serialize()
  return {
    traceId,
    spanId,
    sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
    ...(tracestate ? { tracestate } : {}),
  }
}

const contextOf = ({ traceId, spanId, sampled, tracestate }: SpanPlace) => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
  ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
})

const known = (attributes: Attributes = {}): { [name: string]: string | number | boolean | string[] } =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
