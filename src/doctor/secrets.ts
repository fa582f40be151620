/** DOCTOR-3 and 4 (run.ts): takes secrets of the environment, and what would steer a terminal, out of what people are to read. */
import { type Config, candidateVariables, envNamesIn, keyStates, readEnv } from '../config'
import { maskSecrets } from '../config/secrets'
import type { Context } from './context'
import type { CheckFinding } from './types'

/** Variables of ours that hold secrets, whatever the config says. */
const OWN = ['TEMPORAL_API_KEY', 'HOLDFAST_API_KEYS', 'HOLDFAST_OPERATE_KEYS']
/** What is shorter would mask parts of words. */
const MIN_SECRET_CHARS = 4

/** Others have a part in the texts: a server, a worker's name, what answers in a gateway's place. */
const CONTROL = /[\s\p{Cc}]+/gu
/** The longest of ours, a command with all search attributes, is half as long. */
const MAX_CHARS = 1_000

function clean(text: string): string {
  const line = text
    .slice(0, 2 * MAX_CHARS)
    .replace(CONTROL, ' ')
    .trim()
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS - 1)}…` : line
}

/** By value, and by what looks like a key. */
export function createTextFilter({
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
      clean(maskSecrets(values.reduce((hidden, value) => hidden.replaceAll(value, '***'), text)))
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
