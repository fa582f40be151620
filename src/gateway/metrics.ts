/**
 * What a gateway counts, for Prometheus.
 *
 * METRICS-1 Labels have few values: what callers make up (paths, models) is counted under one word.
 * METRICS-2 A generation's end is counted once, however many callers get it from this gateway, and each of
 *    its attempts. What ends only a caller's wait (nothing was accepted, Temporal is away) does not hide the
 *    end that comes later.
 */
import type { ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HoldfastError } from '../client'
import { processCancels } from '../client/cancels'
import { reportsEnd } from '../client/result'
import type { Config } from '../config'
import type { AttemptRecord } from '../domain/routing/attempt'
import { candidatesOf } from '../domain/routing/route'
import type { AnswerEvent, Answered } from '../formats/inbound'

/** From a cache's answer to a long report. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** METRICS-2: so many generations are remembered. */
const REMEMBERED = 10_000

const MADE_UP = 'other'

/** METRICS-2: what was counted of a generation. */
interface Counted {
  ended: boolean
  attempts: number
}
const NOTHING: Counted = { ended: false, attempts: 0 }

/** Of one request for a generation. */
export interface GenerationMeter {
  streaming(raw: ServerResponse): void
  event(event: AnswerEvent): void
  answered(result: Answered): void
  /** `inside`: the client gets it inside a stream that had begun. */
  failed(error: HoldfastError, inside?: boolean): void
}

export interface Metrics {
  contentType: string
  text(): Promise<string>
  request(fields: { route: string; method: string; status: number; seconds: number }): void
  /** `requestedRoute`: as the caller wrote it; null: one that was started before. `arrivedAt` in epoch milliseconds. */
  generation(requestedRoute: string | null, arrivedAt: number): GenerationMeter
}

export function createMetrics(config: Config, inFlight: () => number): Metrics {
  const registers = [new Registry()]
  const [registry] = registers
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `holdfast_${name}`, help, labelNames, registers })
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Histogram({ name: `holdfast_${name}`, help, labelNames, registers, buckets: SECONDS })

  const requests = counter('http_requests_total', 'Requests, by route pattern', ['route', 'method', 'status'])
  const durations = histogram('http_request_duration_seconds', 'From the arrival of a request to its end', [
    'route',
    'method',
  ])
  new Gauge({
    name: 'holdfast_http_requests_in_flight',
    help: 'Requests under /v1 that have not ended',
    registers,
    collect() {
      this.set(inFlight())
    },
  })
  const streams = new Gauge({ name: 'holdfast_streams_open', help: 'Event streams that are open', registers })
  new Gauge({
    name: 'holdfast_cancellations_pending',
    help: 'Cancellations of generations whose callers have gone, that Temporal has not taken yet',
    registers,
    collect() {
      this.set(processCancels.counts().pending)
    },
  })
  new Counter({
    name: 'holdfast_cancellations_total',
    help: 'Cancellations of generations whose callers have gone, by how they ended',
    labelNames: ['outcome'],
    registers,
    collect() {
      const { done, failed } = processCancels.counts()
      this.reset()
      this.inc({ outcome: 'done' }, done)
      this.inc({ outcome: 'failed' }, failed)
    },
  })
  const generations = counter('generations_total', 'Generations, by route and how they ended', [
    'route',
    'outcome',
    'served',
  ])
  const attempts = counter('attempts_total', 'Calls to providers, by how they ended', ['target', 'outcome'])
  const firstToken = histogram('time_to_first_token_seconds', 'From a request to its first streamed token', [
    'route',
  ])
  const tokens = counter('tokens_total', 'Tokens of answers', ['target', 'direction'])
  const cost = counter('cost_usd_total', 'US dollars, where prices are known', ['target'])
  const rescues = counter(
    'rescues_total',
    'Streams whose provider failed after text was sent, by what became of it',
    ['kind'],
  )

  const known = knownNames(config)
  const remembered = new LRUCache<string, Counted>({ max: REMEMBERED })
  /** METRICS-2. Counts the attempts that are new; false: the end was counted before. */
  const countAttempts = (id: string | null, records: readonly AttemptRecord[], ended: boolean): boolean => {
    const before = (id === null ? undefined : remembered.get(id)) ?? NOTHING
    if (before.ended) return false
    for (const { target, failure } of records.slice(before.attempts))
      attempts.inc({ target: known.target(target), outcome: failure?.class ?? 'answered' })
    if (id !== null) remembered.set(id, { ended, attempts: Math.max(before.attempts, records.length) })
    return true
  }

  const generation = (requestedRoute: string | null, arrivedAt: number): GenerationMeter => {
    let hasContent = false
    return {
      streaming(raw) {
        // One that has gone before closes no more.
        if (raw.destroyed) return
        streams.inc()
        raw.once('close', () => streams.dec())
      },
      event({ type }) {
        if (hasContent || type === 'attempt' || type === 'restart' || type === 'done') return
        hasContent = true
        if (requestedRoute !== null)
          firstToken.observe({ route: known.route(requestedRoute) }, (Date.now() - arrivedAt) / 1_000)
      },
      answered({ id, route, served, target: answering, attempts: records, usage, costUsd, rescue }) {
        if (!countAttempts(id, records, true)) return
        const target = known.target(answering)
        generations.inc({ route: known.route(route), outcome: 'answered', served })
        if (rescue !== undefined) rescues.inc({ kind: rescue })
        if (served !== 'provider') return
        tokens.inc({ target, direction: 'input' }, usage?.inputTokens ?? 0)
        tokens.inc({ target, direction: 'output' }, usage?.outputTokens ?? 0)
        cost.inc({ target }, costUsd ?? 0)
      },
      failed(error, inside = false) {
        const { kind, generationId, attempts: records } = error
        if (inside && hasContent) rescues.inc({ kind: 'failed' })
        if (!countAttempts(generationId, records, reportsEnd(error))) return
        generations.inc({ route: known.route(requestedRoute ?? ''), outcome: kind, served: 'none' })
      },
    }
  }

  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    text: async () => (await registry?.metrics()) ?? '',
    request({ route, method, status, seconds }) {
      requests.inc({ route, method, status: String(status) })
      durations.observe({ route, method }, seconds)
    },
    generation,
  }
}

/** METRICS-1 */
function knownNames(config: Config) {
  const { routes, models } = config
  const candidates = candidatesOf(routes)
  const targets = new Set([...candidates.map(({ target }) => target), ...Object.keys(models)])
  return {
    route: (name: string): string => (Object.hasOwn(routes, name) || targets.has(name) ? name : MADE_UP),
    target: (name: string): string => (targets.has(name) ? name : MADE_UP),
  }
}
