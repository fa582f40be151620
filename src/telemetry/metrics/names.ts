/** Names that may stand in labels: those of configs. Callers and the inputs of runs may name anything (TABLE-1). */
import type { Config } from '../../config'
import { SHADOW_SUFFIX } from '../../contract/shadow'
import { candidatesOf } from '../../domain/routing/route'

/** What stands for a name that no config has. */
export const OTHER = 'other'

export interface Names {
  /** This process serves this config too. */
  add(config: Pick<Config, 'providers' | 'routes' | 'models' | 'tenants'>): void
  route(name: string): string
  target(name: string): string
  provider(name: string): string
  tenant(name: string): string
  /** A target, or the name of a provider: its account. */
  circuit(name: string): string
}

export function createNames(): Names {
  const routes = new Set<string>()
  const targets = new Set<string>()
  const providers = new Set<string>()
  const tenants = new Set<string>()
  const knownIn = (name: string, ...known: ReadonlySet<string>[]): string =>
    known.some((names) => names.has(name)) ? name : OTHER
  return {
    add(config) {
      for (const name of Object.keys(config.routes)) routes.add(name).add(`${name}${SHADOW_SUFFIX}`)
      for (const name of Object.keys(config.providers)) providers.add(name)
      for (const name of Object.keys(config.tenants)) tenants.add(name)
      for (const name of Object.keys(config.models)) targets.add(name)
      for (const { target } of candidatesOf(config.routes)) targets.add(target)
    },
    // A target may be named as a route.
    route: (name) => knownIn(name, routes, targets),
    target: (name) => knownIn(name, targets),
    tenant: (name) => knownIn(name, tenants),
    provider: (name) => knownIn(name, providers),
    circuit: (name) => knownIn(name, targets, providers),
  }
}
