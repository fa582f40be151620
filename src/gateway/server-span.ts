/**
 * A request's place in its caller's trace, and its own span where traces are on. The caller's `traceparent` goes on to the
 * generation in any case: its workers may have their traces on.
 *
 * SERVER-SPAN-1 The span ends when the answer has been taken, or its client has gone: a stream's with the stream.
 * SERVER-SPAN-2 It holds no body, no query and no header.
 */
import type { FastifyRequest } from 'fastify'
import { contextOf, placeOf, type TraceContext } from '../contract/trace-context'
import { ATTRIBUTES, EVENTS, SPANS, type Tracing } from '../telemetry/tracing'

export interface RequestTrace {
  /** For the generation; undefined: nobody has a trace. */
  context: TraceContext | undefined
  /** Called with everything that is sent; the first time counts. */
  content(): void
  ended(end: { status: number; generationId: string | null; tenant: string | null; taken: boolean }): void
}

export function traceRequest(
  tracing: Tracing | null | undefined,
  { method, url, headers, protocol, routeOptions }: FastifyRequest,
  arrivedAt: number,
): RequestTrace {
  const parent = placeOf(headers.traceparent, headers.tracestate)
  const route = routeOptions.url
  // What asks how a generation stands, and probes, would be most of all spans.
  if (tracing == null || route === undefined || method !== 'POST')
    return { context: parent === null ? undefined : contextOf(parent), content: nothing, ended: nothing }
  const attributes = {
    [ATTRIBUTES.httpMethod]: method,
    [ATTRIBUTES.httpRoute]: route,
    [ATTRIBUTES.urlScheme]: protocol,
    [ATTRIBUTES.urlPath]: url.split('?', 1)[0]?.slice(0, PATH_CHARS_MAX),
  }
  const name = SPANS.server(method, route)
  const span = tracing.tracer.start({ name, kind: 'server', startedAt: arrivedAt, parent, attributes })
  let hasContent = false
  return {
    context: contextOf(span.place),
    content() {
      if (hasContent) return
      hasContent = true
      span.event(EVENTS.firstToken, Date.now())
    },
    ended({ status, generationId, tenant, taken }) {
      const error = status >= 500 ? String(status) : undefined
      span.end({
        at: Date.now(),
        attributes: {
          [ATTRIBUTES.httpStatus]: status,
          [ATTRIBUTES.generation]: generationId ?? undefined,
          [ATTRIBUTES.tenant]: tenant ?? undefined,
          [ATTRIBUTES.errorType]: error ?? (taken ? undefined : 'client_gone'),
        },
        error,
      })
    },
  }
}

const PATH_CHARS_MAX = 200

const nothing = (): void => undefined
