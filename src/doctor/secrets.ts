/** DOCTOR-3 (run.ts): takes secrets of the environment out of what people and logs are to read. */
import { type Config, candidateVariables, envNamesIn, keyStates, readEnv } from '../config'
import { maskSecrets } from '../config/secrets'
import type { Context } from './context'
import type { CheckFinding } from './types'

/** Variables of ours that hold secrets, whatever the config says. */
const OWN = ['TEMPORAL_API_KEY', 'HOLDFAST_API_KEYS', 'HOLDFAST_OPERATE_KEYS']
/** What is shorter would mask parts of words. */
const MIN_SECRET_CHARS = 4

/** By value, and by what looks like a key. */
export function createSecretsFilter({
  env,
  config,
}: Pick<Context, 'env' | 'config'>): (finding: CheckFinding) => Promise<CheckFinding> {
  return async (finding) => {
    const names = [...OWN, ...(await config().then(variablesOf, () => []))]
    const values = names
      .flatMap((name) => partsOf(readEnv(env, name) ?? ''))
      .filter(({ length }) => length >= MIN_SECRET_CHARS)
      .sort((a, b) => b.length - a.length)
    const hide = (text: string): string =>
      maskSecrets(values.reduce((hidden, value) => hidden.replaceAll(value, '***'), text))
    const { message, fix } = finding
    return { ...finding, message: hide(message), fix: fix === null ? null : hide(fix) }
  }
}

const variablesOf = (config: Config): string[] => [
  ...keyStates(config, {}).map(({ variable }) => variable),
  ...Object.keys(config.providers).flatMap((provider) => candidateVariables(config, provider)),
  ...[config.cache, config.delivery].flatMap((one) => (one.store === 'redis' ? envNamesIn(one.url) : [])),
]

/** A value may hold a secret and more: `tenant:key,tenant:key`, a URL with its password. */
function partsOf(value: string): string[] {
  const passwords = [...value.matchAll(/:\/\/[^/@]*?:([^/@]+)@/g)].map(([, password = '']) => password)
  if (passwords.length > 0) return [...passwords, ...passwords.map(decoded)]
  const keys = value.split(',').flatMap((pair) => {
    const [, key] = /^[^:]*:(.+)$/.exec(pair.trim()) ?? []
    return key === undefined ? [] : [key]
  })
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? [] : [value, ...keys]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
