/** The simulated providers, and the routes to them. A gateway measured against needs a model of each route's name. */
import path from 'node:path'
import { type Config, parseConfig } from '../src/config'
import type { Script } from '../src/simulator'
import { MODEL, type Setup } from './setup'

/** The provider of all that is healthy and quick. */
const PROVIDER = 'bench'
/** What the gateway's callers name as their model. */
export const ROUTE = 'default'

/** About 400 bytes. */
const ANSWER = { words: 60 }

const QUICK = { ...ANSWER, latency: '50ms' }
const LONG_TAIL = { ...ANSWER, latency: { usual: '50ms', slow: '1s', slowShare: 0.05 } }

/** By provider. At once where no latency is named: what remains is what the way there costs. */
export const SCRIPT = {
  [PROVIDER]: [ANSWER],
  spare: [ANSWER],
  failing: ['503'],
  quick: [QUICK],
  'quick-spare': [QUICK],
  'long-tail': [LONG_TAIL],
  'long-tail-spare': [LONG_TAIL],
  waiting: [{ ...ANSWER, latency: '60s' }],
} satisfies Script

export type Provider = keyof typeof SCRIPT

interface BenchRoute {
  candidates: readonly Provider[]
  /** Defaults stand wherever it says nothing. */
  policy?: string
}

/** Longer than a usual answer takes, the gateway's part included. */
const HEDGE = 'strategy: { hedge: { after: 150ms, budget: 10% } }'

const ROUTES = {
  [ROUTE]: { candidates: [PROVIDER] },
  express: { candidates: [PROVIDER], policy: 'express: true' },
  healthy: { candidates: [PROVIDER, 'spare'] },
  // Without a circuit, or it would open: that is `open-circuit`.
  'failing-primary': {
    candidates: ['failing', 'spare'],
    policy: 'retry: { maximumAttempts: 1 }, circuit: false',
  },
  // It opens in the warm-up, and stays open without a probe.
  'open-circuit': { candidates: ['failing', 'spare'], policy: 'circuit: { openFor: 1h, maxOpenFor: 1h }' },
  sequence: { candidates: ['quick', 'quick-spare'] },
  hedge: { candidates: ['quick', 'quick-spare'], policy: HEDGE },
  'long-tail-sequence': { candidates: ['long-tail', 'long-tail-spare'] },
  'long-tail': { candidates: ['long-tail', 'long-tail-spare'], policy: HEDGE },
  'cache-hit': { candidates: [PROVIDER], policy: 'cache: { ttl: 1h }' },
  // A heartbeat costs the server 5 ms: with one each 5 s of ten thousand calls it would do nothing else.
  waiting: {
    candidates: ['waiting'],
    policy: 'deadline: 3h, timeouts: { attempt: 2h, firstToken: 2h, idle: 2h, workerLost: 20m }',
  },
} satisfies { [name: string]: BenchRoute }

export type Route = keyof typeof ROUTES

/** The base URL of a simulated provider. */
export const providerUrl = (
  { simulatorUrl }: Pick<Setup, 'simulatorUrl'>,
  provider: Provider = PROVIDER,
): string => `${simulatorUrl}/${provider}/v1`

export const chatUrl = (setup: Pick<Setup, 'simulatorUrl'>, provider: Provider = PROVIDER): string =>
  `${providerUrl(setup, provider)}/chat/completions`

/** One route and what it needs, as a file would have it: what it does not need costs it nothing. */
export function configText(setup: Pick<Setup, 'simulatorUrl' | 'folder'>, route: Route): string {
  const { candidates, policy }: BenchRoute = ROUTES[route]
  const providers = candidates.map(
    (name) => `  ${name}: { api: openai-chat, baseUrl: ${providerUrl(setup, name)}, auth: none }`,
  )
  const targets = candidates.map((name) => `${name}/${MODEL}`).join(', ')
  return [
    `cache: { store: disk, path: ${path.join(setup.folder, 'cache')} }`,
    'providers:',
    ...providers,
    'routes:',
    `  ${route}: { candidates: [${targets}]${policy === undefined ? '' : `, ${policy}`} }`,
    '',
  ].join('\n')
}

export const benchConfig = (setup: Pick<Setup, 'simulatorUrl' | 'folder'>, route: Route = ROUTE): Config =>
  parseConfig(configText(setup, route), 'bench')
