/** The report of `holdfast check`, as data and as text. */
import Table from 'cli-table3'
import {
  type CacheSettings,
  type Config,
  type ConfigError,
  type KeyState,
  type LocatedProblem,
  type PayloadSettings,
  type Shutdown,
  shutdownText,
} from '../config'
import { formatBytes } from '../config/bytes'
import { formatDuration, formatPercent } from '../config/duration'
import type { ProviderUnusable } from '../contract/generation'
import type { CircuitPolicy, RetryPolicy, Route, Shadow, Strategy, Timeouts } from '../domain/routing/route'
import { type EncryptionSummary, encryptionText } from '../encryption'
import type { LiveResult } from '../worker/live-check'

export interface CheckReport {
  ok: boolean
  /** null: the built-in defaults. */
  file: string | null
  providers: Config['providers']
  routes: Config['routes']
  keys: KeyState[]
  unusable: (ProviderUnusable & { missing: string[] })[]
  /** Models that are shut down within 60 days, or were. */
  shutdowns: Shutdown[]
  /** What the providers answered. Absent: they were not called. */
  live?: LiveResult[]
  /** `missing`: variables that its URL needs. null: the config could not be read. */
  cache: (CacheSettings & { missing: string[] }) | null
  /** `problem`: why it can't be opened, e.g. a variable that is not set; null: none is known. null: there is none, or the config could not be read. */
  payloads: (PayloadSettings & { problem: string | null }) | null
  /** null: the config could not be read. */
  encryption: EncryptionSummary | null
  errors?: (LocatedProblem & { text: string })[]
}

export function failedReport(error: ConfigError): CheckReport {
  const lines = error.message.split('\n')
  const errors = error.problems.map((problem, index) => ({
    ...problem,
    text: lines[index] ?? problem.message,
  }))
  return {
    ok: false,
    file: error.file,
    providers: {},
    routes: {},
    keys: [],
    unusable: [],
    shutdowns: [],
    cache: null,
    payloads: null,
    encryption: null,
    errors,
  }
}

export function renderReport(report: CheckReport): string {
  const source = report.file ?? 'built-in defaults (there is no holdfast.yaml here)'
  const routes = Object.values(report.routes)
  return [
    `Config: ${source}`,
    '',
    providerTable(report),
    ...routes.flatMap((route) => ['', ...routeLines(route)]),
    ...(routes.length === 0 ? ['', 'No routes: callers name targets, as provider/model.'] : []),
    '',
    ...storeLines(report.cache),
    ...(report.errors === undefined ? [`Payload store: ${payloadsText(report.payloads)}`] : []),
    ...(report.encryption === null ? [] : [`Encryption: ${encryptionText(report.encryption)}`]),
    ...verdict(report),
    ...shutdownLines(report),
    ...liveLines(report.live),
    '',
  ].join('\n')
}

function liveLines(live: LiveResult[] | undefined): string[] {
  if (live === undefined) return []
  const table = new Table({ ...PLAIN, head: ['target', 'key', 'outcome', 'took', 'limits'] })
  for (const result of live)
    table.push([
      result.target,
      result.key ?? 'none',
      outcomeText(result),
      formatDuration(result.durationMs),
      limitsText(result.limits),
    ])
  const tokens = live.reduce((sum, one) => sum + (one.tokens ?? 0), 0)
  return ['', `Asked for one token each (${tokens} tokens paid for):`, table.toString()]
}

function outcomeText({ outcome, model, failure, advice }: LiveResult): string {
  if (failure === null) return model === null ? 'answered' : `answered, as ${model}`
  const { class: failureClass, status, message } = failure
  const what = [outcome, failureClass, status].filter(Boolean).join(' ')
  return [`${what}: ${message}`, ...(advice === null ? [] : [advice])].join('\n')
}

const limitsText = (limits: LiveResult['limits']): string =>
  Object.entries(limits)
    .map(([name, value]) => `${name.replace(/^(?:x-|anthropic-)?ratelimit-/, '')} ${value}`)
    .join('\n')

const PLAIN = { style: { head: [], border: [], compact: true } }

function providerTable({ providers, keys, unusable }: CheckReport): string {
  const table = new Table({ ...PLAIN, head: ['provider', 'api', 'base URL', 'environment', 'usable'] })
  for (const { name, api, baseUrl } of Object.values(providers)) {
    const variables = keys.filter((key) => key.provider === name)
    const states = variables.map(({ variable, set }) => `${variable}: ${set ? 'set' : 'not set'}`)
    const usable = unusable.some(({ provider }) => provider === name) ? 'no' : 'yes'
    table.push([name, api, baseUrl, states.length === 0 ? 'none needed' : states.join('\n'), usable])
  }
  return table.toString()
}

const kindText = ({ kind }: Route): string => (kind === 'embeddings' ? 'vectors, ' : '')

function routeLines(route: Route): string[] {
  const table = new Table({ ...PLAIN, head: ['', 'candidate', 'timeouts', 'calls'] })
  route.candidates.forEach((candidate, index) => {
    const { target, timeouts, retry } = candidate
    const place = placeText(route, candidate)
    table.push([
      String(index + 1),
      place === '' ? target : `${target}\n${place}`,
      timeoutText(timeouts),
      retryText(retry),
    ])
  })
  return [
    `Route ${route.name}: ${kindText(route)}${strategyText(route.strategy)}${orderText(route)}`,
    ...settings(route),
    table.toString(),
  ]
}

function timeoutText(timeouts: Timeouts): string {
  const { connectMs, attemptMs, firstTokenMs, idleMs, workerLostMs } = timeouts
  return [
    `attempt ${formatDuration(attemptMs)}, connect ${formatDuration(connectMs)}`,
    `first token ${formatDuration(firstTokenMs)}, idle ${formatDuration(idleMs)}`,
    `worker lost ${formatDuration(workerLostMs)}`,
  ].join('\n')
}

function retryText(retry: RetryPolicy): string {
  if (retry.maximumAttempts === 1) return '1, no retry'
  const { maximumAttempts, initialIntervalMs, maximumIntervalMs, backoffCoefficient, maxWaitMs, jitter } =
    retry
  const spread = typeof jitter === 'number' ? formatDuration(jitter) : jitter
  return [
    `${maximumAttempts}, jitter ${spread}`,
    `pause ${formatDuration(initialIntervalMs)} x ${backoffCoefficient} up to ${formatDuration(maximumIntervalMs)}`,
    `Retry-After up to ${formatDuration(maxWaitMs)}`,
  ].join('\n')
}

function strategyText(strategy: Strategy): string {
  if (strategy.type !== 'hedge') return strategy.type
  const { afterMs, max, budget } = strategy
  return `hedge after ${formatDuration(afterMs)}, at most ${max} at a time, for ${formatPercent(budget)} of requests`
}

/** Where the candidates do not stand as they are listed. */
function orderText({ order, sticky }: Route): string {
  if (order === undefined) return ''
  return `, ${order} order${sticky === undefined ? '' : `, sticky by ${sticky}`}`
}

function placeText({ order }: Route, { weight = 1, rank }: Route['candidates'][number]): string {
  const weighted = order === 'weighted' ? [`weight ${weight}`] : []
  return [...weighted, ...(rank === undefined ? [] : [`rank ${rank}`])].join(', ')
}

function settings(route: Route): string[] {
  const { deadlineMs, maxDeadlineMs, passes, circuit, cache } = route
  const longest =
    maxDeadlineMs === undefined ? '' : ` (a request may ask for up to ${formatDuration(maxDeadlineMs)})`
  const other = [
    ...(route.fallbackOnRefusal ? ['falls back on refusals'] : []),
    ...(route.unsupportedParams === 'drop' ? ['drops unsupported parameters'] : []),
    ...(route.upstream === 'stream' ? ['always streams from the provider'] : []),
    ...(route.rescue ? [`holds the first words back for ${formatDuration(route.rescue.bufferMs)}`] : []),
    ...(route.shadow ? [shadowText(route.shadow)] : []),
  ]
  return [
    `  deadline ${formatDuration(deadlineMs)}${longest}, ${passes} ${passes === 1 ? 'pass' : 'passes'}`,
    `  circuit ${circuit === null ? 'none' : circuitText(circuit)}`,
    `  cache ${cacheText(cache)}`,
    ...(other.length === 0 ? [] : [`  ${other.join(', ')}`]),
  ]
}

const shadowText = ({ candidate, share }: Shadow): string =>
  `${formatPercent(share)} of its requests to ${candidate.target} as well, as shadows`

const circuitText = (circuit: CircuitPolicy): string =>
  `opens ${tripText(circuit)}, for ${pauseText(circuit)}; when all are open: ${circuit.whenAllOpen}`

const pauseText = ({ openForMs, maxOpenForMs }: CircuitPolicy): string =>
  maxOpenForMs > openForMs
    ? `${formatDuration(openForMs)} up to ${formatDuration(maxOpenForMs)}`
    : formatDuration(openForMs)

function tripText({ consecutive, rate }: CircuitPolicy): string {
  const ways = [
    ...(consecutive === undefined ? [] : [`after ${consecutive} failures in a row`]),
    ...(rate === undefined
      ? []
      : [
          `at ${formatPercent(rate.threshold)} failures of at least ${rate.minimumCalls} calls in ` +
            formatDuration(rate.windowMs),
        ]),
  ]
  return ways.join(' or ')
}

function cacheText(cache: Route['cache']): string {
  if (cache === null) return 'none'
  const parts = [
    `fresh for ${formatDuration(cache.ttlMs)}`,
    `${formatDuration(cache.staleIfErrorMs)} more in place of an error`,
    ...(cache.staleWhileRevalidateMs > 0
      ? [`${formatDuration(cache.staleWhileRevalidateMs)} more while it is renewed`]
      : []),
    ...(cache.coalesce ? ['equal requests share one generation'] : []),
  ]
  return parts.join(', ')
}

function storeLines(cache: CheckReport['cache']): string[] {
  if (cache === null) return []
  const missing =
    cache.missing.length === 0 ? '' : `; not set: ${cache.missing.join(', ')}, so nothing is cached`
  return [`Cache store: ${storeText(cache)}${missing}`]
}

function storeText(cache: CacheSettings): string {
  switch (cache.store) {
    case 'disk':
      return `disk, ${cache.path}, at most ${formatBytes(cache.maxBytes)}`
    case 'memory':
      return `memory, at most ${formatBytes(cache.maxBytes)} in each worker`
    case 'redis':
      return `redis, ${cache.url}`
  }
}

function payloadsText(payloads: CheckReport['payloads']): string {
  if (payloads === null) return 'none, so a request has at most 1.9 MiB (`holdfast up` has one on disk)'
  const { store, overBytes, keepForMs, problem } = payloads
  const place =
    store === 'disk'
      ? payloads.path
      : `bucket ${payloads.bucket}${payloads.endpoint === null ? '' : ` at ${payloads.endpoint}`}, below ${payloads.prefix || 'its top'}`
  const settings = `${store}, ${place}; what is over ${formatBytes(overBytes)}, kept for ${formatDuration(keepForMs)}`
  return problem === null
    ? `${settings} (\`holdfast doctor\` writes to it and reads)`
    : `${settings}; it can't be used: ${problem}`
}

const shutdownLines = ({ shutdowns }: CheckReport): string[] =>
  shutdowns.length === 0
    ? []
    : [
        'Models that are shut down:',
        ...shutdowns.map((one) => `  ${one.state === 'over' ? 'error' : 'warning'}: ${shutdownText(one)}`),
      ]

function verdict({ providers, unusable }: CheckReport): string[] {
  if (unusable.length === 0) return ['All providers are usable.']
  const warnings = unusable.map(({ provider, reason }) => `  ${provider}: ${reason}`)
  if (unusable.length < Object.keys(providers).length)
    return ['Left out of every plan until mended:', ...warnings]
  return [
    'No provider is usable. For each of them:',
    ...warnings,
    'Or try it without keys: `holdfast up --demo` puts the simulator in the providers’ place.',
  ]
}
