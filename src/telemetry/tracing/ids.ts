/**
 * Ids of spans: random ones, or those that are fixed for the span that is started at this moment.
 *
 * IDS-1 Starting a span is synchronous, so nothing comes between the fixing of its ids and their use.
 */
import { randomBytes } from 'node:crypto'

/** As OpenTelemetry's SDK takes it. */
export interface SpanIds {
  generateTraceId(): string
  generateSpanId(): string
}

interface Fixed {
  traceId: string
  spanId: string
}

let fixed: Fixed | null = null

/**
 * For the `idGenerator` of an application's own tracer provider: then a generation's span is the parent of its attempts
 * there too.
 */
export const spanIds: SpanIds = {
  generateTraceId: () => fixed?.traceId ?? randomBytes(16).toString('hex'),
  generateSpanId: () => fixed?.spanId ?? randomBytes(8).toString('hex'),
}

/** IDS-1 */
export function withIds<T>(ids: Fixed | undefined, start: () => T): T {
  const before = fixed
  fixed = ids ?? null
  try {
    return start()
  } finally {
    fixed = before
  }
}
