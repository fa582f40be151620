/**
 * The providers as this worker can reach them: config plus its own environment.
 *
 * ACCESS-1 Where a call goes, and with which key, is this worker's config's to say. A run's input names a
 *    provider and a model.
 * ACCESS-2 Candidates' headers come with the input, which whoever has access to Temporal may write: only
 *    variables that this worker's own candidates of that provider name are filled in.
 */
import type { ActivityDeps } from '../../activities'
import { type Config, candidateVariables, type Env, envNamesIn, expandEnv, resolveProvider } from '../config'

export function providerAccess(config: Config, env: Env): Pick<ActivityDeps, 'access' | 'expandHeaders'> {
  const known = new Map(
    Object.values(config.providers).map((provider) => [
      provider.name,
      { ...resolveProvider(provider, env), api: provider.api, apis: provider.apis },
    ]),
  )
  const named = new Map(
    Object.keys(config.providers).map((provider) => [
      provider,
      new Set(candidateVariables(config, provider)),
    ]),
  )
  return {
    // ACCESS-1
    access: (name) =>
      known.get(name) ?? { ok: false, reason: `this worker's config has no provider "${name}"` },
    expandHeaders(provider, headers) {
      const filled: { [name: string]: string } = {}
      for (const [name, text] of Object.entries(headers)) {
        // ACCESS-2
        const foreign = envNamesIn(text).filter((variable) => !named.get(provider)?.has(variable))
        if (foreign.length > 0) {
          const why = `this worker's config names no such variable for ${provider}`
          return { ok: false, reason: `header ${name} uses ${foreign.join(', ')}: ${why}` }
        }
        const expanded = expandEnv(text, env)
        if (!expanded.ok)
          return { ok: false, reason: `header ${name} needs ${expanded.missing.join(', ')} to be set` }
        filled[name] = expanded.text
      }
      return { ok: true, headers: filled }
    },
  }
}
