/**
 * Keys and other values from the environment, read on use. Only the worker may hold what `resolveProvider`
 * returns; everything else uses names.
 */
import type { ProviderUnusable } from '../contract/generation'
import { candidatesOf } from '../domain/routing/route'
import { type Env, envNamesIn, expandEnv, readEnv } from './env'
import { urlProblem } from './rules'
import type { Auth, Config, ProviderConfig } from './types'

/** A key and the variable that it came from: holds and logs name the variable. */
export interface ProviderKey {
  name: string
  /** The key; of AWS's credentials the secret. */
  value: string
  /** What belongs to the secret; null: no temporary credentials. */
  aws?: { accessKeyId: string; sessionToken: string | null }
}

export type ResolvedProvider =
  | {
      ok: true
      baseUrl: string
      auth: Auth
      headers: { [name: string]: string }
      query: { [name: string]: string }
      /** Empty where the provider needs none. */
      keys: ProviderKey[]
    }
  /** `missing`: the variables to set. `reason`: a sentence that names them and never a value. */
  | { ok: false; missing: string[]; reason: string }

/** Fills in a provider from the environment. Of several keys, those that are set count. */
export function resolveProvider(provider: ProviderConfig, env: Env): ResolvedProvider {
  const keys = [...apiKeys(provider, env), ...awsCredentials(provider, env)]
  const needsKey = provider.apiKeysEnv.length > 0
  const missing = [...signedBy(provider), ...inPlaceholders(provider)].filter(
    (name) => readEnv(env, name) === null,
  )
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
    auth:
      provider.auth.type === 'sigv4'
        ? { ...provider.auth, region: fill(provider.auth.region) }
        : provider.auth,
    headers: mapValues(provider.headers, fill),
    query: mapValues(provider.query, fill),
    keys,
  }
}

const apiKeys = ({ apiKeysEnv }: ProviderConfig, env: Env): ProviderKey[] =>
  apiKeysEnv.flatMap((name): ProviderKey[] => {
    const value = readEnv(env, name)
    return value === null ? [] : [{ name, value }]
  })

/** The variables that a signature needs. */
const signedBy = ({ auth }: ProviderConfig): string[] =>
  auth.type === 'sigv4' ? [auth.accessKeyIdEnv, auth.secretAccessKeyEnv] : []

/** They are named by the variable of their id, which is no secret. */
function awsCredentials({ auth }: ProviderConfig, env: Env): ProviderKey[] {
  if (auth.type !== 'sigv4') return []
  const accessKeyId = readEnv(env, auth.accessKeyIdEnv)
  const value = readEnv(env, auth.secretAccessKeyEnv)
  if (accessKeyId === null || value === null) return []
  const sessionToken = auth.sessionTokenEnv === null ? null : readEnv(env, auth.sessionTokenEnv)
  return [{ name: auth.accessKeyIdEnv, value, aws: { accessKeyId, sessionToken } }]
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
      ...signedBy(provider),
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
    [
      provider.baseUrl,
      ...(provider.auth.type === 'sigv4' ? [provider.auth.region] : []),
      ...Object.values(provider.headers),
      ...Object.values(provider.query),
    ].flatMap(envNamesIn),
  )

function missingReason(noKey: readonly string[], missing: readonly string[]): string {
  const oneOf = noKey.length > 1 ? [`one of ${noKey.join(', ')}`] : noKey
  const names = unique([...oneOf, ...missing])
  return `set ${names.join(' and ')}`
}

const unique = (names: readonly string[]): string[] => [...new Set(names)]
const mapValues = (texts: { [name: string]: string }, map: (text: string) => string) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, map(text)]))
