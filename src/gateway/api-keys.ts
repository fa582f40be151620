/**
 * API keys: who may send requests, and as which tenant. From the environment, where all secrets come from.
 *
 * API-KEYS-1 A key is compared by its hash, in constant time, with every known one: how long it takes shows
 *    nothing.
 * API-KEYS-2 Neither an error nor a log line says a key.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Env, readEnv } from '../config'
import { checkTenant } from '../request'

export const API_KEYS_ENV = 'HOLDFAST_API_KEYS'

export interface ApiKeys {
  /** How many there are. 0: no request needs one. */
  count: number
  /** Whose key came along (`Authorization: Bearer`, `x-api-key`, or Azure's `api-key`); null: nobody's. */
  tenantOf(headers: IncomingHttpHeaders): string | null
}

const hash = (key: string): Buffer => createHash('sha256').update(key).digest()

/**
 * Reads HOLDFAST_API_KEYS: `tenant:key` pairs with commas between; a tenant may have several keys. Throws an Error
 * that names the pair by its number.
 */
export function readApiKeys(env: Env): ApiKeys {
  const text = readEnv(env, API_KEYS_ENV)
  const pairs = text === null ? [] : text.split(',').map(readPair)
  return {
    count: pairs.length,
    tenantOf(headers) {
      const given = givenKeys(headers).map(hash)
      let tenant: string | null = null
      for (const pair of pairs)
        for (const key of given) if (timingSafeEqual(pair.hash, key)) tenant = pair.tenant
      return tenant
    },
  }
}

function readPair(pair: string, index: number): { tenant: string; hash: Buffer } {
  const [tenant = '', ...rest] = pair.trim().split(':')
  const key = rest.join(':').trim()
  const where = `${API_KEYS_ENV}, pair ${index + 1}`
  if (key === '') throw new Error(`${where}: write tenant:key, with commas between the pairs`)
  try {
    return { tenant: checkTenant(tenant.trim()), hash: hash(key) }
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : 'no tenant'}`)
  }
}

function givenKeys({ authorization, 'x-api-key': apiKey, 'api-key': azure }: IncomingHttpHeaders): string[] {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  return [bearer, apiKey, azure].filter((key): key is string => typeof key === 'string' && key !== '')
}
