/**
 * Whether traces are on, by OpenTelemetry's own variables
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/, read on 2026-11-28).
 *
 * ENVIRONMENT-1 Off unless one of them asks for traces: the standard's own default would send them to a collector on this
 *    host that nobody runs.
 */
export type TraceExport =
  | { type: 'off' }
  /** They were asked for in a way that is not there. */
  | { type: 'unusable'; reason: string }
  | { type: 'otlp' }
  | { type: 'console' }

type Env = { [name: string]: string | undefined }

const PROTOCOL = 'http/protobuf'

export function traceExport(env: Env): TraceExport {
  const value = (name: string): string => env[name]?.trim() ?? ''
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true') return { type: 'off' }
  const exporter = value('OTEL_TRACES_EXPORTER').toLowerCase()
  const endpoint = value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || value('OTEL_EXPORTER_OTLP_ENDPOINT')
  if (exporter === 'none' || (exporter === '' && endpoint === '')) return { type: 'off' }
  if (exporter === 'console') return { type: 'console' }
  if (exporter !== '' && exporter !== 'otlp')
    return unusable('OTEL_TRACES_EXPORTER', exporter, 'otlp, console and none are known')
  const protocol =
    value('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || value('OTEL_EXPORTER_OTLP_PROTOCOL') || PROTOCOL
  if (protocol !== PROTOCOL) return unusable('OTEL_EXPORTER_OTLP_PROTOCOL', protocol, `use ${PROTOCOL}`)
  return { type: 'otlp' }
}

const unusable = (name: string, value: string, remedy: string): TraceExport => ({
  type: 'unusable',
  reason: `${name} is ${JSON.stringify(value)}: ${remedy}`,
})
