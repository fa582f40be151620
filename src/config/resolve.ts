/** What the file says, over the defaults -> the total config. Names and durations are settled here, once. */
import path from 'node:path'
import type { TenantBudgets } from '../domain/budgets/budget'
import { DAY_MS, type Limit, type LimitUnit, MINUTE_MS } from '../domain/limits/limit'
import { mergeParams } from '../domain/request/params'
import type {
  Candidate,
  CircuitPolicy,
  ModelFacts,
  RetryPolicy,
  Route,
  Strategy,
  Timeouts,
} from '../domain/routing/route'
import * as defaults from './defaults'
import { merge } from './merge'
import type {
  FileCandidate,
  FileConfig,
  FileDelivery,
  FileModel,
  FileProvider,
  FileRoute,
  FileStore,
  FileTenant,
} from './schema'
import type {
  Auth,
  CacheSettings,
  Config,
  DeliverySettings,
  NexusSettings,
  ProviderConfig,
  RoutePolicy,
} from './types'

type FileTimeouts = NonNullable<FileRoute['timeouts']>
type FileRetry = NonNullable<FileRoute['retry']>

const LIMITS: Record<keyof NonNullable<FileProvider['limits']>, [LimitUnit, windowMs: number]> = {
  requestsPerMinute: ['requests', MINUTE_MS],
  requestsPerDay: ['requests', DAY_MS],
  tokensPerMinute: ['tokens', MINUTE_MS],
  tokensPerDay: ['tokens', DAY_MS],
  inputTokensPerMinute: ['inputTokens', MINUTE_MS],
  outputTokensPerMinute: ['outputTokens', MINUTE_MS],
}

const resolveLimits = (file: FileProvider['limits'] = {}): Limit[] =>
  Object.entries(LIMITS).flatMap(([name, [unit, windowMs]]) => {
    const amount = file[name as keyof typeof file]
    return amount === undefined ? [] : [{ unit, amount, windowMs }]
  })

/** By provider: what stands under `models` and is no fact of the model's. */
export type ModelSettings = Pick<ProviderConfig, 'apis'> & { limits: ProviderConfig['limits']['models'] }

/** What is known of the models -> what a candidate says of its own, and how which model is called. */
export function splitModels(models: { [target: string]: FileModel }): {
  facts: Config['models']
  settingsOf(provider: string): ModelSettings
} {
  const facts: Config['models'] = {}
  const settings = new Map<string, ModelSettings>()
  for (const [target, { api, limits, ...known }] of Object.entries(models)) {
    facts[target] = known
    if (api === undefined && limits === undefined) continue
    const { provider, model } = splitTarget(target)
    const own = settings.get(provider) ?? { apis: {}, limits: {} }
    settings.set(provider, {
      apis: api === undefined ? own.apis : { ...own.apis, [model]: api },
      limits: limits === undefined ? own.limits : { ...own.limits, [model]: resolveLimits(limits) },
    })
  }
  return { facts, settingsOf: (provider) => settings.get(provider) ?? { apis: {}, limits: {} } }
}

/** Anthropic and Google take their keys in headers of their own; everything else uses OpenAI's bearer. Bedrock: without a key, `signs`. */
const API_AUTH = {
  'openai-responses': { type: 'bearer' },
  'openai-chat': { type: 'bearer' },
  'openai-completions': { type: 'bearer' },
  'anthropic-messages': { type: 'header', name: 'x-api-key' },
  bedrock: { type: 'bearer' },
  gemini: { type: 'header', name: 'x-goog-api-key' },
} as const satisfies Record<ProviderConfig['api'], Auth>

export function resolveProvider(
  name: string,
  file: FileProvider,
  { apis, limits }: ModelSettings,
): ProviderConfig {
  const apiKeysEnv = file.apiKeysEnv ?? (file.apiKeyEnv === undefined ? [] : [file.apiKeyEnv])
  return {
    name,
    api: file.api,
    apis,
    baseUrl: file.baseUrl.replace(/\/+$/, ''),
    auth: resolveAuth(file, apiKeysEnv),
    apiKeysEnv,
    limits: { all: resolveLimits(file.limits), models: limits },
    headers: file.headers ?? {},
    query: file.query ?? {},
  }
}

/** Are its requests signed? Bedrock's are, unless it has a key. */
export const signs = ({ api, auth, apiKeyEnv, apiKeysEnv }: FileProvider): boolean =>
  auth === 'sigv4' ||
  (auth === undefined && api === 'bedrock' && apiKeyEnv === undefined && apiKeysEnv === undefined)

/** In the names of Bedrock's hosts: `bedrock-runtime.us-east-1.amazonaws.com`, those of FIPS and of private endpoints too. */
const REGION_IN_HOST = /\bbedrock-runtime(?:-fips)?\.([a-z0-9-]+|\$\{\w+\})\./

/** As the file says, else as the host's name does; null: neither does. */
export const regionOf = ({ region, baseUrl }: FileProvider): string | null =>
  region ?? REGION_IN_HOST.exec(baseUrl)?.[1] ?? null

function signature(file: FileProvider): Auth {
  const names = file.credentialsEnv ?? defaults.DEFAULT_CREDENTIALS_ENV
  return {
    type: 'sigv4',
    // Without one it is refused before (rules.ts).
    region: regionOf(file) ?? '',
    accessKeyIdEnv: names.accessKeyId,
    secretAccessKeyEnv: names.secretAccessKey,
    sessionTokenEnv: names.sessionToken ?? null,
  }
}

function resolveAuth(file: FileProvider, apiKeysEnv: readonly string[]): Auth {
  const { api, auth } = file
  if (signs(file)) return signature(file)
  if (auth === undefined) return apiKeysEnv.length === 0 ? { type: 'none' } : API_AUTH[api]
  if (auth.startsWith('header:')) return { type: 'header', name: auth.slice('header:'.length).toLowerCase() }
  return auth === 'bearer' ? { type: 'bearer' } : { type: 'none' }
}

/** A default never contradicts what the file states: it gives way to the stated value beside it. */
function resolveTimeouts(file: FileTimeouts | undefined): Timeouts {
  const base = defaults.DEFAULT_TIMEOUTS
  const attemptMs = file?.attempt ?? Math.max(base.attemptMs, file?.firstToken ?? 0, file?.idle ?? 0)
  return {
    connectMs: file?.connect ?? Math.min(base.connectMs, attemptMs),
    attemptMs,
    firstTokenMs: file?.firstToken ?? Math.min(base.firstTokenMs, attemptMs),
    idleMs: file?.idle ?? Math.min(base.idleMs, attemptMs),
    workerLostMs: file?.workerLost ?? base.workerLostMs,
  }
}

function resolveRetry({ retryBudget }: FileRoute, file: FileRetry | undefined): RetryPolicy {
  const base = defaults.DEFAULT_RETRY
  const initialIntervalMs =
    file?.initialInterval ?? Math.min(base.initialIntervalMs, file?.maximumInterval ?? Infinity)
  return {
    maximumAttempts: file?.maximumAttempts ?? base.maximumAttempts,
    initialIntervalMs,
    backoffCoefficient: file?.backoffCoefficient ?? base.backoffCoefficient,
    maximumIntervalMs: file?.maximumInterval ?? Math.max(base.maximumIntervalMs, initialIntervalMs),
    maxWaitMs: file?.maxWait ?? base.maxWaitMs,
    jitter: file?.jitter ?? base.jitter,
    ...(retryBudget === undefined ? {} : { budget: retryBudget }),
  }
}

function resolveCircuit(file: FileRoute['circuit']): CircuitPolicy | null {
  if (file === false) return null
  const base = defaults.DEFAULT_CIRCUIT
  const openForMs = file?.openFor ?? Math.min(base.openForMs, file?.maxOpenFor ?? Infinity)
  const consecutive =
    file?.consecutive ?? (file?.rate === undefined ? defaults.DEFAULT_CONSECUTIVE : undefined)
  return {
    ...(consecutive === undefined ? {} : { consecutive }),
    ...(file?.rate === undefined
      ? {}
      : {
          rate: {
            threshold: file.rate.threshold ?? defaults.DEFAULT_RATE.threshold,
            windowMs: file.rate.window ?? defaults.DEFAULT_RATE.windowMs,
            minimumCalls: file.rate.minimumCalls ?? defaults.DEFAULT_RATE.minimumCalls,
          },
        }),
    openForMs,
    maxOpenForMs: file?.maxOpenFor ?? Math.max(base.maxOpenForMs, openForMs),
    whenAllOpen: file?.whenAllOpen ?? base.whenAllOpen,
  }
}

function resolveStrategy(file: FileRoute['strategy']): Strategy {
  if (file === undefined) return { type: 'sequence' }
  if (typeof file === 'string') return { type: file }
  return {
    type: 'hedge',
    afterMs: file.hedge.after,
    max: file.hedge.max ?? defaults.DEFAULT_HEDGE.max,
    budget: file.hedge.budget ?? defaults.DEFAULT_HEDGE.budget,
  }
}

/** As listed is what there is without a word. */
const resolveOrder = ({ order, sticky }: FileRoute): Pick<Route, 'order' | 'sticky'> => ({
  ...(order === undefined || order === 'given' ? {} : { order }),
  ...(sticky === undefined || sticky === false ? {} : { sticky }),
})

function resolveRescue(file: FileRoute['rescue']): Pick<Route, 'rescue'> {
  if (file === undefined || file === 'prefix') return {}
  return { rescue: { bufferMs: file === 'buffer' ? defaults.DEFAULT_RESCUE_BUFFER_MS : file.buffer } }
}

function resolvePark({ onUnauthorized, parkFor }: FileRoute): Pick<Route, 'park'> {
  return onUnauthorized === 'park'
    ? { park: { forMs: parkFor ?? defaults.DEFAULT_PARK_MS, noLastResort: true } }
    : {}
}

function resolveCache(file: FileRoute['cache']): Route['cache'] {
  if (file === undefined || file === false) return null
  const base = defaults.DEFAULT_CACHE
  return {
    ttlMs: file.ttl ?? base.ttlMs,
    staleIfErrorMs: file.staleIfError ?? base.staleIfErrorMs,
    staleWhileRevalidateMs: file.staleWhileRevalidate ?? base.staleWhileRevalidateMs,
    coalesce: file.coalesce ?? base.coalesce,
  }
}

function resolvePromptCache(file: FileRoute['promptCache']): Pick<Route, 'promptCache'> {
  if (file === undefined || file === 'off') return {}
  return { promptCache: file === 'auto-1h' ? 'long' : 'short' }
}

/**
 * `checkRules` has seen that the fields belong to the store.
 * @param dataFolder where the cache is kept if the file names no `path`.
 */
export function resolveStore(file: FileStore | undefined, dataFolder: string): CacheSettings {
  const base = defaults.DEFAULT_STORE
  const { store = base.store, maxBytes = base.maxBytes, url = '' } = file ?? {}
  switch (store) {
    case 'disk':
      return { store, path: file?.path ?? path.join(dataFolder, 'cache'), maxBytes }
    case 'memory':
      return { store, maxBytes }
    case 'redis':
      return { store, url }
  }
}

/** `checkRules` has seen that the fields belong to the store. */
export function resolveDelivery(file: FileDelivery | undefined): DeliverySettings {
  const { store = defaults.DEFAULT_DELIVERY.store, url = '' } = file ?? {}
  return store === 'redis' ? { store, url } : { store }
}

export const resolveNexus = (file: FileConfig['nexus']): NexusSettings | null =>
  file === undefined
    ? null
    : {
        endpoints: Object.fromEntries(
          Object.entries(file.endpoints).map(([name, { tenant = null }]) => [name, { tenant }]),
        ),
      }

export const resolveTenant = ({ budgets, whenSpent }: FileTenant): TenantBudgets => ({
  budgets: budgets.map(({ window: windowMs, ...limits }) => ({ windowMs, ...limits })),
  whenSpent: whenSpent ?? defaults.DEFAULT_WHEN_SPENT,
})

/** A merged layer -> all that a route has beside its candidates. */
export function resolvePolicy(file: FileRoute): RoutePolicy {
  const deadlineMs = file.deadline ?? Math.min(defaults.DEFAULT_DEADLINE_MS, file.maxDeadline ?? Infinity)
  return {
    strategy: resolveStrategy(file.strategy),
    ...resolveOrder(file),
    ...(file.express ? { express: true as const } : {}),
    deadlineMs,
    maxDeadlineMs: file.maxDeadline ?? Math.max(deadlineMs, defaults.DEFAULT_MAX_DEADLINE_MS),
    passes: file.passes ?? defaults.DEFAULT_PASSES,
    circuit: resolveCircuit(file.circuit),
    cache: resolveCache(file.cache),
    fallbackOnRefusal: file.fallbackOnRefusal ?? false,
    unsupportedParams: file.unsupportedParams ?? 'fail',
    upstream: file.upstream ?? 'as-caller',
    ...resolvePromptCache(file.promptCache),
    ...resolveRescue(file.rescue),
    ...resolvePark(file),
    params: file.params ?? {},
    timeouts: resolveTimeouts(file.timeouts),
    retry: resolveRetry(file, file.retry),
  }
}

/** `provider/model`, cut at the first slash: the model may hold more of them. */
export function splitTarget(target: string): { provider: string; model: string } {
  const slash = target.indexOf('/')
  return { provider: target.slice(0, slash), model: target.slice(slash + 1) }
}

function resolveCandidate(file: FileCandidate, route: FileRoute, models: Config['models']): Candidate {
  const own = typeof file === 'string' ? { target: file } : file
  return {
    target: own.target,
    ...splitTarget(own.target),
    params: mergeParams(route.params ?? {}, own.params),
    headers: own.headers ?? {},
    timeouts: resolveTimeouts(merge<FileTimeouts>(route.timeouts ?? {}, own.timeouts)),
    retry: resolveRetry(route, merge<FileRetry>(route.retry ?? {}, own.retry)),
    facts: factsOf(models, own.target),
    ...(own.weight === undefined ? {} : { weight: own.weight }),
    ...(own.rank === undefined ? {} : { rank: own.rank }),
    ...(own.background ? { background: true } : {}),
  }
}

/** The facts of a target; none where nothing is known. */
export const factsOf = (models: Config['models'], target: string): ModelFacts =>
  (Object.hasOwn(models, target) ? models[target] : undefined) ?? {}

/** A merged layer that has candidates -> the route. */
export function makeRoute(name: string, file: FileRoute, models: Config['models']): Route {
  const { params: _params, timeouts: _timeouts, retry: _retry, ...policy } = resolvePolicy(file)
  const resolved = (candidate: FileCandidate) => resolveCandidate(candidate, file, models)
  const candidates = (file.candidates ?? []).map(resolved)
  const kind = file.kind === 'embeddings' ? { kind: file.kind } : {}
  const route = { name, ...kind, candidates, ...policy }
  if (!file.shadow) return route
  const { target, share = defaults.DEFAULT_SHADOW_SHARE } = file.shadow
  // One call: a shadow's failure is a result to be compared, too.
  const candidate = resolved({ target, retry: { maximumAttempts: 1 } })
  return { ...route, shadow: { candidate, share } }
}
