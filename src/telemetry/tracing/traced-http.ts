/**
 * An HTTP client whose calls have a span each, below that of their attempt.
 *
 * TRACED-HTTP-1 Of a URL its path is shown, without query and credentials: some APIs take their key there.
 * TRACED-HTTP-2 The span of a stream ends when the stream ends.
 */
import { contextOf, type SpanPlace } from '../../contract/trace-context'
import type { TransportError } from '../../domain/failures/transport'
import type { HttpClient, HttpRequest, OpenResult, SendResult, StreamItem } from '../../http'
import { ATTRIBUTES, SPANS } from './names'
import type { Attributes, OpenSpan, Tracing } from './types'

export interface TracedHttpSettings {
  tracing: Pick<Tracing, 'tracer' | 'propagateToProviders'>
  parent: SpanPlace
  /** Epoch milliseconds. */
  now(): number
}

export function tracedHttp(http: HttpClient, { tracing, parent, now }: TracedHttpSettings): HttpClient {
  const begin = (request: HttpRequest): { span: OpenSpan; sent: HttpRequest } => {
    const { method, url } = request
    const attributes = { [ATTRIBUTES.httpMethod]: method, ...urlAttributes(url) }
    const name = SPANS.http(method)
    const span = tracing.tracer.start({ name, kind: 'client', startedAt: now(), parent, attributes })
    if (!tracing.propagateToProviders) return { span, sent: request }
    // Not its tracestate: that is between the systems of the caller's own.
    const { traceparent } = contextOf(span.place)
    return { span, sent: { ...request, headers: { ...request.headers, traceparent } } }
  }
  const end = (span: OpenSpan, result: OpenResult | SendResult): void =>
    span.end({ at: now(), ...endOf(result) })

  return {
    async send(request, limits, signal) {
      const { span, sent } = begin(request)
      const result = await http.send(sent, limits, signal)
      end(span, result)
      return result
    },
    async openStream(request, limits, signal) {
      const { span, sent } = begin(request)
      const result = await http.openStream(sent, limits, signal)
      if (!result.ok || result.kind === 'body') {
        end(span, result)
        return result
      }
      const { status } = result
      const items = watched(result.items, (error) =>
        span.end({ at: now(), attributes: { [ATTRIBUTES.httpStatus]: status }, error }),
      )
      return { ...result, items }
    },
    close: () => http.close(),
  }
}

/** TRACED-HTTP-2 */
async function* watched(
  items: AsyncIterable<StreamItem>,
  onEnd: (error: string | undefined) => void,
): AsyncGenerator<StreamItem> {
  let error: string | undefined
  try {
    for await (const item of items) {
      if (item.type === 'end') error = errorOf(item.error)
      yield item
    }
  } finally {
    onEnd(error)
  }
}

/** What we have hung up on ourselves has not failed. */
const errorOf = (error: TransportError | null): string | undefined =>
  error === null || error.kind === 'aborted' ? undefined : error.kind

function endOf(result: OpenResult | SendResult): { attributes: Attributes; error?: string | undefined } {
  if (!result.ok)
    return { attributes: { [ATTRIBUTES.errorType]: result.error.kind }, error: errorOf(result.error) }
  const status = result.kind === 'body' ? result.response.status : result.status
  const attributes = { [ATTRIBUTES.httpStatus]: status }
  if (status < 400) return { attributes }
  const error = String(status)
  return { attributes: { ...attributes, [ATTRIBUTES.errorType]: error }, error }
}

/** TRACED-HTTP-1 */
function urlAttributes(text: string): Attributes {
  if (!URL.canParse(text)) return {}
  const { protocol, hostname, port, host, pathname } = new URL(text)
  return {
    [ATTRIBUTES.urlFull]: `${protocol}//${host}${pathname}`,
    [ATTRIBUTES.serverAddress]: hostname,
    [ATTRIBUTES.serverPort]: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
}
