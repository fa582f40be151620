/** What a caller names -> a route: a route of the config, or a target as a route of one candidate. */
import { candidatesOf, type Route } from '../domain/routing/route'
import { MAX_NAME_CHARS } from './fields'
import { nearest } from './problems'
import { factsOf, splitTarget } from './resolve'
import type { Config } from './types'

export type RouteLookup =
  | { ok: true; route: Route }
  /** `nearest`: the known name that was probably meant; the message holds it too. */
  | { ok: false; message: string; nearest: string | null }

/** @param name a route's, or `provider/model`. Routes have no slash in their names, so it is never both. */
export function resolveRoute(config: Config, name: string): RouteLookup {
  const route = Object.hasOwn(config.routes, name) ? config.routes[name] : undefined
  if (route !== undefined) return { ok: true, route }
  if (name.includes('/')) return targetRoute(config, name)
  const known = Object.keys(config.routes)
  const all = known.length === 0 ? 'the config has no routes' : `routes: ${known.join(', ')}`
  return unknown(`no route "${name}"`, nearest(name, known), `${all}; or name a target as provider/model`)
}

/** A route of that one candidate under the config's `defaults`. The provider must be known, the model need not be. */
export function targetRoute(config: Config, target: string): RouteLookup {
  const { provider, model } = splitTarget(target)
  if (provider === '' || model === '' || /\s/.test(target))
    return unknown(`"${target}" is not a target`, null, 'write provider/model')
  if (target.length > MAX_NAME_CHARS)
    return unknown(
      `a target of ${target.length} characters`,
      null,
      `it has at most ${MAX_NAME_CHARS}: write provider/model`,
    )
  if (!Object.hasOwn(config.providers, provider)) {
    const known = Object.keys(config.providers)
    return unknown(`no provider "${provider}"`, nearest(provider, known), `providers: ${known.join(', ')}`)
  }
  const { params, timeouts, retry, ...policy } = config.policy
  const facts = factsOf(config.models, target)
  const own = { target, provider, model, params, headers: {}, timeouts, retry, facts }
  const candidate = isNamed(config, target) ? own : { ...own, byCaller: { target: true } as const }
  return { ok: true, route: { name: target, candidates: [candidate], ...policy } }
}

/** Does the config know this target? What callers make up has no circuit, and no say in any. */
const isNamed = (config: Config, target: string): boolean =>
  Object.hasOwn(config.models, target) || candidatesOf(config.routes).some((one) => one.target === target)

const unknown = (what: string, match: string | null, known: string): RouteLookup => ({
  ok: false,
  message: match === null ? `${what}; ${known}` : `${what}; did you mean "${match}"? (${known})`,
  nearest: match,
})
