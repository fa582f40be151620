/**
 * Keys and other values from the environment, read on use. Only the worker may hold what `resolveProvider`
 * returns; everything else uses names.
 */
import type { ProviderUnusable } from '../contract/generation'
import { candidatesOf } from '../domain/routing/route'
import { type Env, envNamesIn, expandEnv, readEnv } from './env'
import { urlProblem } from './rules'
import type { Config, ProviderConfig } from './types'

/** A key and the variable that it came from: holds and logs name the variable. */
export interface ProviderKey {
  name: string
  value: string
}

export type ResolvedProvider =
  | {
      ok: true
      baseUrl: string
      headers: { [name: string]: string }
      query: { [name: string]: string }
      /** Empty where the provider needs none. */
      keys: ProviderKey[]
    }
  /** `missing`: the variables to set. `reason`: a sentence that names them and never a value. */
  | { ok: false; missing: string[]; reason: string }

/** Fills in a provider from the environment. Of several keys, those that are set count. */
export function resolveProvider(provider: ProviderConfig, env: Env): ResolvedProvider {
  const keys = provider.apiKeysEnv.flatMap((name): ProviderKey[] => {
    const value = readEnv(env, name)
    return value === null ? [] : [{ name, value }]
  })
  const needsKey = provider.apiKeysEnv.length > 0
  const missing = inPlaceholders(provider).filter((name) => readEnv(env, name) === null)
  if ((needsKey && keys.length === 0) || missing.length > 0) {
    const noKey = needsKey && keys.length === 0 ? provider.apiKeysEnv : []
    return { ok: false, missing: unique([...noKey, ...missing]), reason: missingReason(noKey, missing) }
  }
  const fill = (text: string): string => {
    const filled = expandEnv(text, env)
    return filled.ok ? filled.text : text
  }
  const baseUrl = fill(provider.baseUrl).replace(/\/+$/, '')
  const wrong = urlProblem(baseUrl)
  if (wrong !== null) {
    const names = envNamesIn(provider.baseUrl)
    return { ok: false, missing: [], reason: `baseUrl with ${names.join(', ')} filled in: ${wrong}` }
  }
  return {
    ok: true,
    baseUrl,
    headers: mapValues(provider.headers, fill),
    query: mapValues(provider.query, fill),
    keys,
  }
}

/** The providers that this environment can't call, with the reason. */
export function unusableProviders(config: Config, env: Env): (ProviderUnusable & { missing: string[] })[] {
  return Object.values(config.providers).flatMap((provider) => {
    const resolved = resolveProvider(provider, env)
    return resolved.ok
      ? []
      : [{ provider: provider.name, reason: resolved.reason, missing: resolved.missing }]
  })
}

export interface KeyState {
  provider: string
  variable: string
  set: boolean
}

/** Every variable that the config names, candidates' headers included, and whether it is set. Never a value. */
export function keyStates(config: Config, env: Env): KeyState[] {
  return Object.values(config.providers).flatMap((provider) => {
    const variables = unique([
      ...provider.apiKeysEnv,
      ...inPlaceholders(provider),
      ...candidateVariables(config, provider.name),
    ])
    return variables.map((variable) => ({
      provider: provider.name,
      variable,
      set: readEnv(env, variable) !== null,
    }))
  })
}

/** The variables that the config's own candidates of a provider name in their headers. */
export const candidateVariables = (config: Pick<Config, 'routes'>, provider: string): string[] =>
  candidatesOf(config.routes)
    .filter((candidate) => candidate.provider === provider)
    .flatMap((candidate) => Object.values(candidate.headers).flatMap(envNamesIn))

const inPlaceholders = (provider: ProviderConfig): string[] =>
  unique(
    [provider.baseUrl, ...Object.values(provider.headers), ...Object.values(provider.query)].flatMap(
      envNamesIn,
    ),
  )

function missingReason(noKey: readonly string[], missing: readonly string[]): string {
  const oneOf = noKey.length > 1 ? [`one of ${noKey.join(', ')}`] : noKey
  const names = unique([...oneOf, ...missing])
  return `set ${names.join(' and ')}`
}

const unique = (names: readonly string[]): string[] => [...new Set(names)]
const mapValues = (texts: { [name: string]: string }, map: (text: string) => string) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, map(text)]))
