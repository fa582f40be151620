/**
 * OpenTelemetry's SDK for Holdfast's own processes: spans go in batches to a collector, by OTLP over HTTP. Loaded only where
 * traces are on.
 *
 * SDK-1 No span is waited for: a collector that is down or slow loses spans, when the queue is full (OTEL_BSP_MAX_QUEUE_SIZE,
 *    2,048), and nothing else. One line of the log says so, and one that they arrive again.
 * SDK-2 The end of the process waits for the last spans no longer than FLUSH_MS.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import { inTime } from '../../util/async'
import type { TraceExport } from './environment'
import { spanIds } from './ids'
import { tracerOf } from './open-telemetry'
import type { Tracer } from './types'

/** SDK-2 */
const FLUSH_MS = 2_000

export interface SdkSettings {
  type: Extract<TraceExport['type'], 'otlp' | 'console'>
  version: string
  logger: Logger
}

/** By the OTEL_* variables of this process. */
export function startSdk({ type, version, logger }: SdkSettings): {
  tracer: Tracer
  close(): Promise<boolean>
} {
  const named = resourceFromAttributes({ 'service.name': 'holdfast', 'service.version': version })
  // What the operator says wins.
  const fromEnv = detectResources({ detectors: [envDetector] })
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(named).merge(fromEnv),
    idGenerator: spanIds,
    spanProcessors: [new BatchSpanProcessor(watched(exporterOf(type), logger))],
  })
  return {
    tracer: tracerOf(provider, version),
    async close() {
      const ended = provider.shutdown()
      return inTime(FLUSH_MS, ended).then(
        () => true,
        () => {
          logger.warn({ event: 'spans_lost' }, LOST)
          return false
        },
      )
    },
  }
}

const exporterOf = (type: SdkSettings['type']): SpanExporter =>
  type === 'otlp' ? new OTLPTraceExporter() : new ConsoleSpanExporter()

const LOST = 'spans did not reach the collector, and are lost'

/** SDK-1 */
function watched(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== SUCCESS
        if (failed && !failing) logger.warn({ event: 'spans_lost', spans: spans.length }, LOST)
        if (!failed && failing) logger.info({ event: 'spans_arrive' }, 'spans reach the collector again')
        failing = failed
        done({ code: SUCCESS })
      })
    },
    shutdown: () => exporter.shutdown(),
    async forceFlush() {
      await exporter.forceFlush?.()
    },
  }
}

/** ExportResultCode of @opentelemetry/core. Whatever became of them, the processor has nothing left to do. */
const SUCCESS = 0
