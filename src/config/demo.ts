/** `--demo`: the same routes, with the simulator in the providers' place. */
import type { Candidate } from '../domain/routing/route'
import { DEFAULT_STORE } from './defaults'
import type { Config, ProviderConfig } from './types'

/**
 * Nothing of the real providers is left: no key, no header, no query. And nothing of the simulated ones stays: their
 * answers have the keys of real ones, so they are kept in memory.
 * @param simulatorUrl the simulator's origin; provider `p` is called at `<origin>/p/v1`.
 */
export function demoConfig(config: Config, simulatorUrl: string): Config {
  const origin = simulatorUrl.replace(/\/+$/, '')
  const providers = Object.values(config.providers).map((provider): [string, ProviderConfig] => [
    provider.name,
    {
      ...provider,
      baseUrl: `${origin}/${provider.name}/v1`,
      auth: { type: 'none' },
      apiKeysEnv: [],
      headers: {},
      query: {},
    },
  ])
  const routes = Object.values(config.routes).map((route) => {
    const bare = (candidate: Candidate): Candidate => ({ ...candidate, headers: {} })
    const { shadow } = route
    const shadowed = shadow && { shadow: { ...shadow, candidate: bare(shadow.candidate) } }
    return [route.name, { ...route, candidates: route.candidates.map(bare), ...shadowed }] as const
  })
  return {
    ...config,
    providers: Object.fromEntries(providers),
    routes: Object.fromEntries(routes),
    cache: { store: 'memory', maxBytes: DEFAULT_STORE.maxBytes },
  }
}
