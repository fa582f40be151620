/** A gateway in this process, on a free port: over a stack, or over whatever clients a test hands it. */
import pino from 'pino'
import { HoldfastError } from '../../src/client'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { type Config, parseConfig } from '../../src/config'
import {
  type ApiKeys,
  type Cluster,
  clusterOver,
  type Gateway,
  readApiKeys,
  readinessOf,
  startGateway,
} from '../../src/gateway'
import type { RemoteCodec } from '../../src/gateway/codec'
import type { Limits } from '../../src/gateway/limits'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics'
import { type Stack, twoProviders } from './stack'

export interface TestGateway extends Gateway {
  /** The log lines so far, parsed. */
  lines(): { [field: string]: unknown }[]
  /** A request to a path of it. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** A POST with a JSON body; a text is sent as it is. */
  post(path: string, body: unknown, headers?: { [name: string]: string }): Promise<Response>
}

export interface GatewaySettings {
  config?: Config
  clientFor?: (tenant: string | null) => Promise<InternalHoldfast>
  apiKeys?: string
  operateKeys?: string
  /** Default: those two. */
  keys?: ApiKeys
  cluster?: Cluster
  limits?: Partial<Limits>
  corsOrigins?: string[]
  codec?: RemoteCodec
  host?: string
  /** Default: of its own. */
  metrics?: Metrics
  /** Default: any free one. */
  port?: number
  ready?: () => Promise<{ ok: boolean; temporal: boolean; worker: boolean }>
}

const noClient = async (): Promise<InternalHoldfast> => {
  throw new Error('this test has no client')
}

const noCluster: Cluster = {
  open: async () => {
    throw new HoldfastError({ kind: 'unavailable', message: 'this test has no cluster', accepted: false })
  },
  taskQueue: 'none',
  webUrl: () => '',
}

export async function testGateway(settings: GatewaySettings = {}): Promise<TestGateway> {
  const {
    config,
    clientFor = noClient,
    apiKeys = '',
    operateKeys = '',
    limits,
    corsOrigins,
    host,
    ready,
    metrics,
  } = settings
  const written: string[] = []
  const gateway = await startGateway({
    port: settings.port ?? 0,
    host,
    config: config ?? parseConfig(twoProviders('http://127.0.0.1:9')),
    clientFor,
    ready: ready ?? (async () => ({ ok: true, temporal: true, worker: true })),
    cluster: settings.cluster ?? noCluster,
    keys: settings.keys ?? readApiKeys({ HOLDFAST_API_KEYS: apiKeys, HOLDFAST_OPERATE_KEYS: operateKeys }),
    logger: pino({ level: 'debug' }, { write: (line) => written.push(line) }),
    version: '0.0.0-test',
    metrics: metrics ?? createMetrics(),
    limits,
    corsOrigins,
    codec: settings.codec,
  })
  const ask = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init)
  return {
    ...gateway,
    lines: () => written.map((line) => JSON.parse(line)),
    ask,
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

/** Over a stack, as `up` does it: its config, connection, metrics, its worker's delivery log; a client per tenant. */
export async function gatewayOver(
  stack: Stack,
  config: (simulatorUrl: string) => string = twoProviders,
  settings: Omit<GatewaySettings, 'config' | 'clientFor' | 'ready'> = {},
): Promise<TestGateway> {
  const { simulator, client, taskQueue, delivery, metrics } = stack
  const { namespace } = client.options
  const parsed = parseConfig(config(simulator.url))
  const ready = readinessOf(taskQueue)
  const temporal = { address: '127.0.0.1:7233', namespace, connection: {} }
  return testGateway({
    metrics,
    cluster: clusterOver({ temporal, connection: client.connection, taskQueue, config: parsed, env: {} }),
    ...settings,
    config: parsed,
    ready: () => ready(client),
    clientFor: (tenant) =>
      createInternalHoldfast({
        config: parsed,
        env: {},
        connection: client.connection,
        namespace,
        taskQueue,
        delivery,
        ...(tenant === null ? {} : { tenant }),
      }),
  })
}

/** A JSON body, of what shape the test says. */
export const jsonOf = async <T = { [field: string]: unknown }>(response: Response): Promise<T> =>
  (await response.json()) as T

/** An error's body. */
export interface ErrorBody {
  error: { message: string; code: string; holdfast: { [field: string]: unknown } }
}

/** The value of a metric, by its name without `holdfast_` and its labels; 0: it is not there. */
export async function metric({ ask }: TestGateway, line: string): Promise<number> {
  const text = await (await ask('/metrics')).text()
  const found = text.split('\n').find((one) => one.startsWith(`holdfast_${line} `))
  return Number(found?.split(' ').at(-1) ?? 0)
}

/** Server-sent events of a body, in order. Comments are `{ comment }`. */
export interface SentEvent {
  comment?: string
  event?: string
  id?: string
  data?: string
}

export function parseEvents(text: string): SentEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const lines = block.split('\n').filter((line) => line !== '')
    const comments = lines.filter((line) => line.startsWith(':'))
    const fields = lines.slice(comments.length).map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
    })
    const event: SentEvent[] = fields.length === 0 ? [] : [Object.fromEntries(fields)]
    return [...comments.map((line) => ({ comment: line.slice(1).trim() })), ...event]
  })
}
