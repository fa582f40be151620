/** What must hold between the fields of a config file. Each rule returns its problems; none throws. */
import type { Api } from '../formats/outbound/wire-format'
import { MIN_WORKER_LOST_MS } from './defaults'
import { formatDuration } from './duration'
import { checkEmbeddings } from './embedding-rules'
import { hasBrokenPlaceholder } from './env'
import { checkExpress } from './express-rules'
import { merge } from './merge'
import { MODEL_FACTS } from './model-facts'
import { checkRouteOrder } from './order-rules'
import { checkPayloads } from './payload-settings'
import { type Path, type Problem, suggest } from './problems'
import { regionOf, resolvePolicy, signs, splitTarget } from './resolve'
import { PLACEHOLDER, SECRET } from './rule-texts'
import type { FileCandidate, FileConfig, FileModel, FileProvider, FileRoute } from './schema'
import { holdsKey, looksSecretNamed } from './secrets'
import { checkDelivery, checkStore } from './store-rules'

/** @param builtIn names of built-in providers, for a hint where the file's own `providers` displaced them. */
export function checkRules(file: FileConfig, builtIn: readonly string[]): Problem[] {
  const providers = Object.keys(file.providers ?? {})
  const known: KnownProvider = (provider, path) =>
    providers.includes(provider) ? [] : [{ path, message: unknownProvider(provider, providers, builtIn) }]
  const apiOf: ApiOf = (target) =>
    file.models?.[target]?.api ?? file.providers?.[splitTarget(target).provider]?.api
  const base = file.defaults ?? {}
  const models = merge<{ [target: string]: FileModel }>(MODEL_FACTS, file.models)
  return [
    ...Object.entries(file.providers ?? {}).flatMap(([name, one]) => checkProvider(one, ['providers', name])),
    ...Object.keys(file.models ?? {}).flatMap((target) =>
      known(splitTarget(target).provider, ['models', target]),
    ),
    ...checkStore(file.cache, ['cache']),
    ...checkDelivery(file.delivery, ['delivery']),
    ...checkPayloads(file.payloads, longestDeadlineMs(file, base), ['payloads']),
    ...checkReferences(base, ['defaults'], known, apiOf),
    ...checkOrder(base, ['defaults']),
    ...checkExpress(base, ['defaults']),
    ...Object.entries(file.routes ?? {}).flatMap(([name, route]) => [
      ...checkReferences(route, ['routes', name], known, apiOf),
      ...checkMerged(route, base, ['routes', name]),
      ...checkEmbeddings(route, merge(base, route), models, ['routes', name]),
      ...checkRouteOrder(merge(base, route), ['routes', name]),
      ...checkExpress(merge(base, route), ['routes', name]),
    ]),
  ]
}

/** That a request may have: of the routes, and of a target that is named instead of one. */
const longestDeadlineMs = ({ routes = {} }: FileConfig, base: FileRoute): number =>
  Math.max(
    ...[base, ...Object.values(routes).map((route) => merge(base, route))].map(
      (route) => resolvePolicy(route).maxDeadlineMs ?? 0,
    ),
  )

function unknownProvider(provider: string, known: readonly string[], builtIn: readonly string[]): string {
  const hint = builtIn.includes(provider)
    ? ' (the built-in one counts only where the file has no providers of its own; add it there)'
    : ''
  return `no provider "${provider}"${hint === '' ? suggest(provider, known) : hint}`
}

function checkProvider(provider: FileProvider, path: Path): Problem[] {
  const problems: Problem[] = []
  const add = (field: string, message: string) => problems.push({ path: [...path, field], message })
  const keys = provider.apiKeyEnv !== undefined || provider.apiKeysEnv !== undefined
  if (provider.apiKeyEnv !== undefined && provider.apiKeysEnv !== undefined)
    add('apiKeysEnv', 'write either apiKeyEnv or apiKeysEnv')
  if (provider.auth === 'none' && keys) add('auth', 'none goes without a key: drop one of the two')
  if (provider.auth !== undefined && !['none', 'sigv4'].includes(provider.auth) && !keys)
    add('auth', `${provider.auth} needs a key: name its variable with apiKeyEnv`)
  if (provider.auth === 'sigv4' && keys) add('auth', 'sigv4 goes without a key: it signs by credentialsEnv')
  if (signs(provider) && regionOf(provider) === null)
    add('region', 'the host does not name the region that is signed for: write it, e.g. us-east-1')
  for (const field of ['region', 'credentialsEnv'] as const)
    if (provider[field] !== undefined && !signs(provider))
      add(field, 'only requests that are signed (sigv4) have one')
  if (new Set(provider.apiKeysEnv).size < (provider.apiKeysEnv?.length ?? 0))
    add('apiKeysEnv', 'names a variable twice')
  const url = baseUrlProblem(provider.baseUrl)
  if (url !== null) add('baseUrl', url)
  return [
    ...problems,
    ...checkTexts(provider.headers, [...path, 'headers']),
    ...checkTexts(provider.query, [...path, 'query']),
  ]
}

/** What is wrong with a base URL that may hold `${ENV}`; null if nothing is. */
function baseUrlProblem(text: string): string | null {
  if (hasBrokenPlaceholder(text)) return PLACEHOLDER
  if (holdsKey(text)) return SECRET
  // A URL that begins with a variable is checked when the variable is filled in.
  if (text.startsWith('${')) return null
  return urlProblem(text.replace(/\$\{\w+\}/g, '1'))
}

/** What is wrong with a whole URL; null if nothing is. The text itself is never repeated. */
export function urlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'not a URL: write it like https://api.openai.com/v1'
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://'
  if (url.username !== '' || url.password !== '')
    return `holds a user or password; use apiKeyEnv or headers with \${NAME}`
  if (url.search !== '' || url.hash !== '')
    return 'has a query or a fragment; put query parameters under query'
  return null
}

function checkTexts(texts: { [name: string]: string } | undefined, path: Path): Problem[] {
  return Object.entries(texts ?? {}).flatMap(([name, text]): Problem[] => {
    if (hasBrokenPlaceholder(text)) return [{ path: [...path, name], message: PLACEHOLDER }]
    return looksSecretNamed(name, text) ? [{ path: [...path, name], message: SECRET }] : []
  })
}

type KnownProvider = (provider: string, path: Path) => Problem[]
/** undefined: of a provider that is not known. */
type ApiOf = (target: string) => Api | undefined

/** What a layer names by itself: providers, candidates, secrets. */
function checkReferences(route: FileRoute, path: Path, known: KnownProvider, apiOf: ApiOf): Problem[] {
  const seen = new Set<string>()
  const candidates = (route.candidates ?? []).flatMap((candidate, index) => {
    const own = asBlock(candidate)
    const at = [...path, 'candidates', index]
    const atTarget = typeof candidate === 'string' ? at : [...at, 'target']
    const problems = [
      ...known(splitTarget(own.target).provider, atTarget),
      ...(seen.has(own.target) ? [{ path: atTarget, message: TWICE }] : []),
      ...checkTexts(own.headers, [...at, 'headers']),
      ...checkProviderOptions(own.params, at, known),
      ...checkBackground(own, apiOf(own.target), at),
    ]
    seen.add(own.target)
    return problems
  })
  return [
    ...candidates,
    ...checkProviderOptions(route.params, path, known),
    ...(route.shadow ? known(splitTarget(route.shadow.target).provider, [...path, 'shadow', 'target']) : []),
  ]
}

function checkBackground({ background }: CandidateBlock, api: Api | undefined, path: Path): Problem[] {
  if (!background || api === undefined || api === 'openai-responses') return []
  return [
    { path: [...path, 'background'], message: `${api} has no background mode: only openai-responses does` },
  ]
}

type CandidateBlock = Exclude<FileCandidate, string>
const TWICE = 'stands in the list twice; to ask it again, raise retry.maximumAttempts'
const asBlock = (candidate: FileCandidate): CandidateBlock =>
  typeof candidate === 'string' ? { target: candidate } : candidate

/** What a route is once it has inherited: fields that are fine in their own layers may clash now. */
function checkMerged(route: FileRoute, base: FileRoute, path: Path): Problem[] {
  const merged = merge(base, route)
  if (merged.candidates === undefined)
    return [{ path, message: 'has no candidates: list at least one provider/model' }]
  const ofRoute = checkOrder(merged, path)
  const ofCandidates = merged.candidates.flatMap((candidate, index) => {
    const { timeouts, retry } = asBlock(candidate) as Times
    const times = merge<Times>({ timeouts: merged.timeouts, retry: merged.retry }, { timeouts, retry })
    return unlessIn(ofRoute, checkTimes(times, [...path, 'candidates', index]))
  })
  return [
    ...unlessIn(checkOrder(base, path), ofRoute),
    ...ofCandidates,
    ...checkShadow(merged, path),
    ...checkPark(merged, path),
  ]
}

/** Permits see to it that all who wait for a key try it by one call. */
const checkPark = ({ onUnauthorized, circuit }: FileRoute, path: Path): Problem[] =>
  onUnauthorized === 'park' && circuit === false
    ? [{ path: [...path, 'onUnauthorized'], message: 'park needs circuits: leave out circuit: false' }]
    : []

function checkShadow({ candidates = [], shadow }: FileRoute, path: Path): Problem[] {
  if (!shadow || candidates.every((candidate) => asBlock(candidate).target !== shadow.target)) return []
  return [{ path: [...path, 'shadow', 'target'], message: `${shadow.target} is a candidate of this route` }]
}

/** A clash is reported once, in the layer that it comes from. */
const unlessIn = (below: readonly Problem[], problems: readonly Problem[]): Problem[] =>
  problems.filter((one) => !below.some((other) => other.message === one.message))

type Times = Pick<FileRoute, 'timeouts' | 'retry'>

const checkOrder = (route: FileRoute, path: Path): Problem[] => [
  ...checkTimes(route, path),
  ...inOrder(route.circuit === false ? undefined : route.circuit, 'openFor', 'maxOpenFor', [
    ...path,
    'circuit',
  ]),
  ...inOrder(route, 'deadline', 'maxDeadline', path),
]

function checkTimes({ timeouts, retry }: Times, path: Path): Problem[] {
  const lost = timeouts?.workerLost
  return [
    ...inOrder(timeouts, 'connect', 'attempt', [...path, 'timeouts']),
    ...inOrder(timeouts, 'firstToken', 'attempt', [...path, 'timeouts']),
    ...inOrder(timeouts, 'idle', 'attempt', [...path, 'timeouts']),
    ...inOrder(retry, 'initialInterval', 'maximumInterval', [...path, 'retry']),
    ...(lost !== undefined && lost < MIN_WORKER_LOST_MS
      ? [
          {
            path: [...path, 'timeouts', 'workerLost'],
            message: 'must be at least 1s, or busy workers count as lost',
          },
        ]
      : []),
  ]
}

/** Both are given and `less` is over `more`. */
function inOrder<K extends string>(
  block: { readonly [key in K]?: unknown } | undefined,
  less: K,
  more: K,
  path: Path,
): Problem[] {
  const low = block?.[less]
  const high = block?.[more]
  if (typeof low !== 'number' || typeof high !== 'number' || low <= high) return []
  const message = `${less} (${formatDuration(low)}) is longer than ${more} (${formatDuration(high)})`
  return [{ path: [...path, less], message }]
}

function checkProviderOptions(params: FileRoute['params'], path: Path, known: KnownProvider): Problem[] {
  return Object.keys(params?.providerOptions ?? {}).flatMap((provider) =>
    known(provider, [...path, 'params', 'providerOptions', provider]),
  )
}
