/** The span that is active where a call is made, of the application around us. Loaded only where it asks for that. */
import { context, trace } from '@opentelemetry/api'
import { contextOf, type TraceContext } from '../contract/trace-context'
import { placeOfSpan } from '../telemetry/tracing/open-telemetry'

/** undefined: none is active. */
export function activeTrace(): TraceContext | undefined {
  const span = trace.getSpan(context.active())
  return span === undefined ? undefined : contextOf(placeOfSpan(span))
}
