/** A policy to try, from where it is written: a config, or one route as a config has it. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { type Config, type ConfigInput, loadConfig, parseConfig } from '../config'
import type { Route } from '../domain/routing/route'

/** One route, as it is written in a config. */
export type RouteInput = NonNullable<ConfigInput['routes']>[string]

export type RouteSource = string | Config | ConfigInput | RouteInput

/** A file's path, a config whose route of the recorded name is taken, or a route. Throws ConfigError, or an Error. */
export async function proposedRoute(source: RouteSource, recorded: Route): Promise<Route> {
  if (typeof source !== 'string') return routeOf(source, recorded, 'the given config')
  if (!/\.(ya?ml|json)$/.test(source)) return namedRoute(await loadConfig({ file: source }), recorded, source)
  const written: unknown = parse(await readFile(source, 'utf8'))
  if (isConfig(written)) return namedRoute(await loadConfig({ file: source }), recorded, source)
  return writtenRoute(written as RouteInput, recorded, source)
}

function routeOf(source: Exclude<RouteSource, string>, recorded: Route, name: string): Route {
  if ('policy' in source) return namedRoute(source, recorded, name)
  if (isConfig(source)) return namedRoute(parseConfig(JSON.stringify(source), name), recorded, name)
  return writtenRoute(source, recorded, name)
}

const isConfig = (written: unknown): written is ConfigInput =>
  typeof written === 'object' && written !== null && ('routes' in written || 'providers' in written)

function namedRoute({ routes }: Config, { name }: Route, source: string): Route {
  const route = routes[name]
  if (route !== undefined) return route
  const known = Object.keys(routes)
  throw new Error(
    `${source} has no route "${name}"; it has ${known.length === 0 ? 'none' : known.join(', ')}`,
  )
}

/** A config around it: nothing is called, so that its providers only need names. */
function writtenRoute(written: RouteInput, recorded: Route, source: string): Route {
  const targets = (written.candidates ?? []).map((one) => (typeof one === 'string' ? one : one.target))
  const provider = { api: 'openai-chat', baseUrl: 'http://127.0.0.1', auth: 'none' } as const
  const providers = Object.fromEntries(targets.map((target) => [target.split('/', 1)[0] ?? '', provider]))
  const config = parseConfig(JSON.stringify({ providers, routes: { [recorded.name]: written } }), source)
  const route = namedRoute(config, recorded, source)
  return { ...route, candidates: route.candidates.map((one) => ({ ...one, facts: factsOf(one, recorded) })) }
}

/** Prices and limits that the recorded config stated. */
const factsOf = ({ target, facts }: Route['candidates'][number], { candidates }: Route) => ({
  ...facts,
  ...candidates.find((one) => one.target === target)?.facts,
})
