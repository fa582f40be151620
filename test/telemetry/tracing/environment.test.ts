import { traceExport } from '../../../src/telemetry/tracing/environment'

const ENDPOINT = 'http://localhost:4318'

describe('traces are', () => {
  // ENVIRONMENT-1
  it.each([
    ['without any variable', {}],
    ['with an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['where the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    ['where no exporter is wanted', { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    ['with variables that ask for no traces', { OTEL_SERVICE_NAME: 'mine', OTEL_LOGS_EXPORTER: 'otlp' }],
  ])('off %s', (_, env) => {
    expect(traceExport(env)).toEqual({ type: 'off' })
  })

  it.each([
    ['an endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
    ['one for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/v1/traces` }],
    ['the exporter', { OTEL_TRACES_EXPORTER: 'otlp' }],
    ['its protocol as well', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }],
  ])('sent where the environment names %s', (_, env) => {
    expect(traceExport(env)).toEqual({ type: 'otlp' })
  })

  it('printed where the environment says console', () => {
    expect(traceExport({ OTEL_TRACES_EXPORTER: 'console' })).toEqual({ type: 'console' })
  })

  it.each([
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER is "zipkin"'],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'use http/protobuf'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      'is "http/json"',
    ],
  ])('unusable, with the reason, where %j is said', (env, reason) => {
    expect(traceExport(env)).toEqual({ type: 'unusable', reason: expect.stringContaining(reason) })
  })
})
