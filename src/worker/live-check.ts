/**
 * `holdfast check --live`: one token of each target that a route names, with the real key, by the same code that a worker calls
 * with. Temporal is not needed, nothing is recorded, and no circuit moves.
 *
 * LIVE-CHECK-1 Each target is called once, with the provider's first key; each further key once, at its first target.
 * LIVE-CHECK-2 Calls to one provider follow each other, and providers are called side by side. None takes longer than LIMIT_MS.
 */
import pino from 'pino'
import { providerCall } from '../../activities/provider-call'
import type { Config } from '../config'
import { formatDuration } from '../config/duration'
import type { Env } from '../config/env'
import type { CallProviderInput } from '../contract/generation'
import type { Failure } from '../domain/failures/failure'
import type { GenerationRequest } from '../domain/request/request'
import type { Candidate, Route } from '../domain/routing/route'
import { createHttpClient, type HttpClient } from '../http'
import { providerAccess } from './access'

const LIMIT_MS = 30_000

export interface LiveResult {
  target: string
  /** The variable of the key; null: none was needed. */
  key: string | null
  /** `skipped`: it could not be called, because a variable is not set. */
  outcome: 'answered' | 'failed' | 'skipped'
  durationMs: number
  /** The model's name as the provider reported it; null: it reported none. */
  model: string | null
  /** Tokens that were paid for; null: not reported. */
  tokens: number | null
  /** What the provider's headers say of its limits. */
  limits: { [header: string]: string }
  failure: Failure | null
  /** For people: what to do; null: nothing. */
  advice: string | null
}

interface Probe {
  candidate: Candidate
  kind: Route['kind']
  /** null: the first. */
  key: string | null
}

/** `onResult` is called with each as it comes; the list is in the order of the config. */
export async function checkLive(
  config: Config,
  env: Env,
  onResult: (result: LiveResult) => void = () => undefined,
): Promise<LiveResult[]> {
  const http = createHttpClient({ env })
  try {
    const probes = probesOf(config, env)
    const results = new Map<Probe, LiveResult>()
    const ofProvider = async (provider: string): Promise<void> => {
      // LIVE-CHECK-2
      for (const probe of probes.filter(({ candidate }) => candidate.provider === provider)) {
        const result = await call(config, env, http, probe)
        results.set(probe, result)
        onResult(result)
      }
    }
    const providers = new Set(probes.map(({ candidate }) => candidate.provider))
    await Promise.all([...providers].map(ofProvider))
    return probes.flatMap((probe) => results.get(probe) ?? [])
  } finally {
    await http.close()
  }
}

/** LIVE-CHECK-1 */
function probesOf(config: Config, env: Env): Probe[] {
  const probes: Probe[] = []
  const seen = new Set<string>()
  const { access } = providerAccess(config, env)
  for (const { candidates, shadow, kind } of Object.values(config.routes))
    for (const candidate of shadow === undefined ? candidates : [...candidates, shadow.candidate]) {
      const known = seen.has(candidate.provider)
      if (!seen.has(candidate.target)) probes.push({ candidate, kind, key: null })
      seen.add(candidate.target).add(candidate.provider)
      const reached = access(candidate.provider)
      if (known || !reached.ok) continue
      for (const { name } of reached.keys.slice(1)) probes.push({ candidate, kind, key: name })
    }
  return probes
}

/** What costs least. */
const requestOf = (kind: Route['kind']): GenerationRequest =>
  kind === 'embeddings'
    ? { messages: [], task: { type: 'embed', input: ['ok'] } }
    : { messages: [{ role: 'user', content: 'Say ok.' }], params: { maxTokens: 1 } }

async function call(config: Config, env: Env, http: HttpClient, probe: Probe): Promise<LiveResult> {
  const { candidate, key } = probe
  let headers: { [name: string]: string } = {}
  let used: string | null = key
  const startedAt = Date.now()
  const { outcome, usage } = await providerCall(
    {
      ...providerAccess(config, env),
      keyRing: {
        choose(_target, keys) {
          const chosen = keys.find(({ name }) => name === key) ?? keys[0] ?? null
          used = chosen?.name ?? null
          return chosen
        },
        hold: () => false,
        worked: () => undefined,
      },
      http: {
        ...http,
        async send(request, limits, signal) {
          const received = await http.send(request, limits, signal)
          if (received.ok) headers = received.response.headers
          return received
        },
      },
      logger: pino({ level: 'silent' }),
      now: Date.now,
    },
    inputOf(probe),
    new AbortController().signal,
  )
  const failure = outcome.ok ? null : outcome.failure
  return {
    target: candidate.target,
    key: used,
    outcome: failure === null ? 'answered' : failure.class === 'not_admitted' ? 'skipped' : 'failed',
    durationMs: Date.now() - startedAt,
    model: outcome.ok ? outcome.value.model : null,
    tokens: usage === null ? null : usage.inputTokens + usage.outputTokens,
    limits: Object.fromEntries(Object.entries(headers).filter(([name]) => LIMIT_HEADER.test(name))),
    failure,
    advice: failure === null ? null : adviceOf(failure, used),
  }
}

function inputOf({ candidate, kind }: Probe): CallProviderInput {
  // One token needs no background, and is not to be kept there.
  const { background: _, timeouts, ...rest } = candidate
  const attemptMs = Math.min(timeouts.attemptMs, LIMIT_MS)
  return {
    generationId: 'check',
    route: 'check',
    candidate: { ...rest, timeouts: { ...timeouts, attemptMs } },
    candidateIndex: 0,
    othersLeft: false,
    request: requestOf(kind),
    deadlineAt: Date.now() + LIMIT_MS,
    // A parameter that the model refuses is to be shown, whatever the route does with it.
    unsupportedParams: 'fail',
    streaming: false,
    circuit: null,
    lastResort: false,
  }
}

const LIMIT_HEADER = /ratelimit.*-(?:limit|remaining)/

/** What somebody can do about it. null: nothing but wait. */
function adviceOf({ class: failureClass, retryAfterMs }: Failure, key: string | null): string | null {
  const named = key ?? 'the key'
  switch (failureClass) {
    case 'unauthorized':
      return `${named} is refused: put a valid key of this provider into it`
    case 'forbidden':
      return `${named} is valid and may not do this: look at its permissions, its project and the region`
    case 'quota_exhausted':
      return `the account of ${named} has no quota left: add credit, or raise its limit`
    case 'model_not_found':
      return `${named} has no such model: compare the name with the provider's list of models`
    case 'rate_limited':
      return retryAfterMs === undefined
        ? 'its limit is used up just now'
        : `its limit is free in ${formatDuration(retryAfterMs)}`
    case 'unsupported':
    case 'invalid_request':
      return "the model does not take this candidate's parameters: change its params"
    case 'connection':
    case 'timeout':
      return 'nothing answered: look at baseUrl, at the proxy (HTTPS_PROXY), and whether this host may reach it'
    case 'not_admitted':
      return 'set the variable, and run the check again'
    default:
      return null
  }
}
