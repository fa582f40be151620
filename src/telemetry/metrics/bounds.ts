/** What a config bounds: its metrics stand there from the start, since a counter that begins with its first event has no rate for it. */
import { type Config, formatDuration } from '../../config'
import { UNITS } from '../../domain/budgets/amount'
import { candidatesOf } from '../../domain/routing/route'

export interface Bounds {
  budgets: { tenant: string; window: string; unit: string }[]
  /** `target`: or the provider, of one over all models. */
  limits: { target: string; unit: string }[]
  /** Targets whose calls may have to wait for such a limit. */
  waits: string[]
  /** Routes with a budget of retries, and the targets that may be named as such. */
  retries: string[]
}

export function boundsOf({ providers, routes, tenants, policy }: Config): Bounds {
  const candidates = candidatesOf(routes)
  const ofModels = Object.values(providers).flatMap(({ name, limits }) =>
    Object.entries(limits.models).map(([model, of]) => ({ target: `${name}/${model}`, of })),
  )
  const ofProviders = Object.values(providers).map(({ name, limits }) => ({ target: name, of: limits.all }))
  const limited = new Set(ofProviders.filter(({ of }) => of.length > 0).map(({ target }) => target))
  return {
    budgets: Object.entries(tenants).flatMap(([tenant, { budgets }]) =>
      budgets.flatMap((one) =>
        UNITS.filter((unit) => (one[unit] ?? 0) > 0).map((unit) => ({
          tenant,
          window: formatDuration(one.windowMs),
          unit,
        })),
      ),
    ),
    limits: [...ofProviders, ...ofModels].flatMap(({ target, of }) =>
      of.map(({ unit }) => ({ target, unit })),
    ),
    waits: [
      ...candidates.filter(({ provider }) => limited.has(provider)).map(({ target }) => target),
      ...ofModels.map(({ target }) => target),
    ],
    retries: [
      ...Object.entries(routes)
        .filter(([, route]) => route.candidates.some(({ retry }) => retry.budget !== undefined))
        .map(([name]) => name),
      ...(policy.retry.budget === undefined ? [] : candidates.map(({ target }) => target)),
    ],
  }
}
