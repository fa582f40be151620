/** What Holdfast needs of a tracer, whoever's it is. No type of OpenTelemetry's leaves `open-telemetry.ts`. */
import type { SpanPlace } from '../../contract/trace-context'

/** undefined: not known, and left out. */
export type Attributes = { [name: string]: string | number | boolean | string[] | undefined }

export interface SpanStart {
  name: string
  kind: 'internal' | 'client' | 'server'
  /** Epoch milliseconds. */
  startedAt: number
  /** null: it begins a trace. */
  parent: SpanPlace | null
  /** In hex, 32 and 16 digits; the trace's count where there is no parent. Default: random ones. */
  ids?: Pick<SpanPlace, 'traceId' | 'spanId'> | undefined
  /** What samplers may go by. */
  attributes?: Attributes | undefined
  links?: readonly SpanPlace[] | undefined
}

export interface OpenSpan {
  place: SpanPlace
  /** `at` in epoch milliseconds. */
  event(name: string, at: number, attributes?: Attributes): void
  /** Once. `error`: what kind of one, by a word of ours; its text could hold content. Never ended, it is never sent. */
  end(end: { at: number; attributes?: Attributes; error?: string | undefined }): void
}

export interface Tracer {
  start(span: SpanStart): OpenSpan
  /** false: somebody else's, that makes its own ids: `ids` say nothing to it. */
  fixesIds: boolean
}

/** Traces, where they are on. */
export interface Tracing {
  tracer: Tracer
  /** Prompts and answers too? */
  captureContent: boolean
  /** Do providers get to know the trace? */
  propagateToProviders: boolean
  /** Sends what is left, for at most FLUSH_MS. false: not all of it, and connections may still wait for the collector. */
  close(): Promise<boolean>
}
