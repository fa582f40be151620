/**
 * Traces: off unless somebody asks for them, and then nothing of OpenTelemetry's is loaded.
 *
 * TRACING-1 No module of OpenTelemetry's is loaded before `openTracing` or `hostTracing` finds that traces are wanted.
 */
import type { Logger } from 'pino'
import type { Config } from '../../config'
import { traceExport } from './environment'
import type { Tracing } from './types'

export { contentAttributes } from './content'
export { answerAttributes, operationOf, plainWord, requestAttributes, usageAttributes } from './gen-ai'
export { traceGeneration } from './generation-trace'
export { spanIds } from './ids'
export { ATTRIBUTES, EVENTS, SPANS } from './names'
export { attemptSpanId, generationPlace } from './places'
export { tracedHttp } from './traced-http'
export type { Attributes, OpenSpan, SpanStart, Tracer, Tracing } from './types'

export interface TracingSettings {
  config: Pick<Config, 'telemetry'>
  version: string
  logger: Logger
}

/** Of Holdfast's own programs, by OpenTelemetry's variables in `process.env`. null: off. */
export async function openTracing({ config, version, logger }: TracingSettings): Promise<Tracing | null> {
  const wanted = traceExport(process.env)
  if (wanted.type === 'unusable') logger.error({ event: 'tracing_off', reason: wanted.reason }, 'no traces')
  if (wanted.type === 'off' || wanted.type === 'unusable') return null
  // TRACING-1
  const { startSdk } = await import('./sdk')
  const sdk = startSdk({ type: wanted.type, version, logger })
  logger.info({ event: 'tracing', exporter: wanted.type }, 'traces are on')
  return { ...sdk, ...config.telemetry }
}

/** By the tracer provider that the application around us has registered, or will. It flushes its own. */
export async function hostTracing({ telemetry }: TracingSettings['config']): Promise<Tracing> {
  // TRACING-1
  const [{ trace }, { tracerOf }] = await Promise.all([
    import('@opentelemetry/api'),
    import('./open-telemetry'),
  ])
  return {
    tracer: tracerOf(trace.getTracerProvider()),
    ...telemetry,
    close: async () => true,
  }
}
