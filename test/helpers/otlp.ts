/** A collector on a real socket: OTLP over HTTP, protobuf alone, as the SDK's exporter sends it. */
import { gunzipSync } from 'node:zlib'
import { parse } from 'protobufjs'
import { until } from './processes'
import { httpServer } from './sockets'

/** What is read of github.com/open-telemetry/opentelemetry-proto, v1.7.0; unknown fields are skipped. */
const { root } = parse(`
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Event events = 11; repeated Link links = 13; Status status = 15;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; } }
message ArrayValue { repeated AnyValue values = 1; }
`)
const Request = root.lookupType('Request')

type Value = string | number | boolean | Value[]

export interface ReceivedSpan {
  traceId: string
  spanId: string
  /** '' where it begins its trace. */
  parentId: string
  name: string
  kind: 'internal' | 'server' | 'client'
  /** Epoch milliseconds. */
  startedAt: number
  endedAt: number
  attributes: { [name: string]: Value }
  events: { name: string; at: number; attributes: { [name: string]: Value } }[]
  links: string[]
  /** null: no error. */
  error: string | null
  service: Value | undefined
}

export interface Collector {
  url: string
  spans(): ReceivedSpan[]
  /** As they came, each request's. */
  raw(): string
  /** Waits for this many of a trace. */
  ofTrace(traceId: string, atLeast: number): Promise<ReceivedSpan[]>
  clear(): void
  close(): Promise<void>
}

/** `answer`: never, for one that is slow. Default: at once. */
export async function startCollector({ silent = false }: { silent?: boolean } = {}): Promise<Collector> {
  let spans: ReceivedSpan[] = []
  let bodies: Buffer[] = []
  const { port, close } = await httpServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const sent = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    bodies.push(body)
    spans.push(...spansOf(body))
    if (!silent) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  const ofTrace = (traceId: string) => spans.filter((span) => span.traceId === traceId)
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => spans,
    raw: () => Buffer.concat(bodies).toString('latin1'),
    async ofTrace(traceId, atLeast) {
      await until(`${atLeast} spans of the trace`, () => ofTrace(traceId).length >= atLeast, 20_000)
      return ofTrace(traceId)
    },
    clear() {
      spans = []
      bodies = []
    },
    close,
  }
}

const KINDS = ['internal', 'internal', 'server', 'client'] as const

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs decodes has no type
type Decoded = any

function spansOf(body: Buffer): ReceivedSpan[] {
  const decoded: Decoded = Request.toObject(Request.decode(body), {
    longs: Number,
    bytes: String,
    arrays: true,
  })
  const hex = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('hex')
  const ms = (nanos: number): number => Math.round(nanos / 1e6)
  return decoded.resourceSpans.flatMap(({ resource, scopeSpans }: Decoded) =>
    scopeSpans.flatMap(({ spans }: Decoded) =>
      spans.map(
        (span: Decoded): ReceivedSpan => ({
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentId: hex(span.parentSpanId),
          name: span.name,
          kind: KINDS[span.kind as 1 | 2 | 3] ?? 'internal',
          startedAt: ms(span.startTimeUnixNano),
          endedAt: ms(span.endTimeUnixNano),
          attributes: valuesOf(span.attributes),
          events: span.events.map(({ name, timeUnixNano, attributes }: Decoded) => ({
            name,
            at: ms(timeUnixNano),
            attributes: valuesOf(attributes),
          })),
          links: span.links.map(({ spanId }: Decoded) => hex(spanId)),
          error: span.status?.code === 2 ? (span.status.message ?? '') : null,
          service: valuesOf(resource.attributes)['service.name'],
        }),
      ),
    ),
  )
}

const valuesOf = (attributes: { key: string; value: Decoded }[]): { [name: string]: Value } =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, anyValueOf(value)]))

const anyValueOf = (value: Decoded): Value =>
  value.stringValue ??
  value.boolValue ??
  value.intValue ??
  value.doubleValue ??
  (value.arrayValue?.values ?? []).map(anyValueOf)
