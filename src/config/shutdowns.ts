/** Models of the config that their providers shut down, or have: reported before requests fail. Pure but for its parameters. */
import { candidatesOf } from '../domain/routing/route'
import type { Config } from './types'

/** So long before it is reported. Providers announce at least this long before (Anthropic: 60 days; OpenAI: 3 to 6 months). */
export const SHUTDOWN_NOTICE_DAYS = 60

const DAY_MS = 24 * 60 * 60 * 1_000

export interface Shutdown {
  target: string
  /** The day, `2026-12-11`, in UTC. */
  shutdownAt: string
  /** `soon`: within the notice. `over`: that day has come. */
  state: 'soon' | 'over'
  /** Whole days until then; 0 or less: it has come. */
  daysLeft: number
  /** The routes that name it, shadows too. */
  routes: string[]
}

/**
 * The targets of routes, shadows included, whose day is near or has come; the nearest day first.
 * @param now epoch milliseconds.
 */
export function shutdownsOf(config: Pick<Config, 'routes'>, now: number): Shutdown[] {
  const found = new Map<string, Shutdown>()
  for (const [name, route] of Object.entries(config.routes))
    for (const { target, facts } of candidatesOf({ [name]: route })) {
      const { shutdownAt } = facts
      if (shutdownAt === undefined) continue
      const daysLeft = Math.ceil((Date.parse(`${shutdownAt}T00:00:00Z`) - now) / DAY_MS)
      if (daysLeft > SHUTDOWN_NOTICE_DAYS) continue
      const one = found.get(target) ?? { target, shutdownAt, state: stateOf(daysLeft), daysLeft, routes: [] }
      found.set(target, { ...one, routes: [...new Set([...one.routes, name])] })
    }
  return [...found.values()].sort((a, b) => a.daysLeft - b.daysLeft)
}

const stateOf = (daysLeft: number): Shutdown['state'] => (daysLeft > 0 ? 'soon' : 'over')

/** For people: what happens, where, and what to do. */
export const shutdownText = ({ target, shutdownAt, state, daysLeft, routes }: Shutdown): string => {
  const when =
    state === 'over'
      ? `was shut down on ${shutdownAt}`
      : `is shut down on ${shutdownAt}, in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`
  const where = `${routes.length === 1 ? 'route' : 'routes'} ${routes.join(', ')}`
  return `${target} ${when}: name another model in ${where}, or models.${target}.shutdownAt if the day is wrong`
}
