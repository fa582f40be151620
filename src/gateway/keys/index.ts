/**
 * API keys: who may send requests and as which tenant, what for, and who may operate. From the environment, and by hash from
 * a file that is watched.
 *
 * API-KEYS-1 Neither an error nor a log line says a key.
 * API-KEYS-2 Where a file is named every request needs a key, though none stands in it: that the last one was taken out lets
 *    nobody in.
 * API-KEYS-3 Of a key that stands in the file and in the environment the file says what it is good for.
 */
import type { IncomingHttpHeaders } from 'node:http'
import path from 'node:path'
import type { Logger } from 'pino'
import { type Env, readEnv } from '../../config'
import type { Metrics } from '../../telemetry/metrics'
import type { KnownKey } from './grant'
import { inBoth, readKeyEnv } from './key-env'
import { createKeySet, type FoundKey, type KeySet } from './key-set'
import { watchKeys } from './watched-keys'

export { type Grant, mayName, type Scope } from './grant'
export { API_KEYS_ENV } from './key-env'

export const KEYS_FILE_ENV = 'HOLDFAST_KEYS_FILE'

export interface ApiKeys {
  /** Does a request under `/v1` need one? */
  required: boolean
  /** Is there a key to operate with? */
  hasOperators(): boolean
  /** Of those that came along the first that is good (`Authorization: Bearer`, `x-api-key`, or Azure's `api-key`). */
  find(headers: IncomingHttpHeaders): FoundKey
  /** The file is watched no more. */
  close(): void
}

/** Those of the environment alone. Throws an Error (API-KEYS-1). */
export function readApiKeys(env: Env): ApiKeys {
  const { tenants, operators } = readKeyEnv(env)
  return over(createKeySet(together(tenants, operators)), tenants.length > 0)
}

const over = (set: KeySet, required: boolean): ApiKeys => ({
  required,
  hasOperators: () => set.hasOperators,
  find: (headers) => set.find(headers, Date.now()),
  close: () => undefined,
})

export interface OpenKeysOptions {
  env: Env
  logger: Pick<Logger, 'info' | 'error'>
  metrics: Pick<Metrics, 'keysNotReloaded'>
  /** Where a relative name starts. Default: the working directory. */
  cwd?: string | undefined
}

/** Those of the environment and, where it names one, of the file. Throws ConfigError, or an Error (API-KEYS-1). */
export async function openApiKeys({ env, logger, metrics, cwd }: OpenKeysOptions): Promise<ApiKeys> {
  const named = readEnv(env, KEYS_FILE_ENV)
  if (named === null) return readApiKeys(env)
  const { tenants, operators } = readKeyEnv(env)
  const all = (ofFile: readonly KnownKey[]): KeySet =>
    createKeySet([...together(tenants, operators), ...ofFile])
  let set = createKeySet([])
  const watched = await watchKeys({
    file: path.resolve(cwd ?? process.cwd(), named),
    logger,
    onFailure: metrics.keysNotReloaded,
    onChange: (ofFile) => {
      set = all(ofFile)
    },
  })
  set = all(watched.keys())
  return {
    required: true,
    hasOperators: () => set.hasOperators,
    find: (headers) => set.find(headers, Date.now()),
    close: watched.close,
  }
}

function together(tenants: readonly KnownKey[], operators: readonly KnownKey[]): KnownKey[] {
  const known = new Map(tenants.map((key) => [key.hash, key]))
  for (const operator of operators) {
    const tenant = known.get(operator.hash)
    known.set(operator.hash, tenant === undefined ? operator : inBoth(tenant, operator))
  }
  return [...known.values()]
}
