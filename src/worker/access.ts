/** The providers as this worker can reach them: config plus its own environment. */
import type { ActivityDeps } from '../../activities'
import { type Config, type Env, expandEnv, resolveProvider } from '../config'

export function providerAccess(config: Config, env: Env): Pick<ActivityDeps, 'access' | 'expandHeaders'> {
  const known = new Map(
    Object.values(config.providers).map((provider) => [
      provider.name,
      { ...resolveProvider(provider, env), api: provider.api, auth: provider.auth },
    ]),
  )
  return {
    access: (name) =>
      known.get(name) ?? { ok: false, reason: `this worker's config has no provider "${name}"` },
    expandHeaders(headers) {
      const filled: { [name: string]: string } = {}
      for (const [name, text] of Object.entries(headers)) {
        const expanded = expandEnv(text, env)
        if (!expanded.ok)
          return { ok: false, reason: `header ${name} needs ${expanded.missing.join(', ')} to be set` }
        filled[name] = expanded.text
      }
      return { ok: true, headers: filled }
    },
  }
}
