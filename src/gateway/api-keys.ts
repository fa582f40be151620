/**
 * API keys: who may send requests, and as which tenant; who may operate. From the environment, where all secrets come from.
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
export const OPERATE_KEYS_ENV = 'HOLDFAST_OPERATE_KEYS'

/** What a key is good for. One that stands in both lists is good for both. */
export interface Scope {
  /** Whose generations it starts and reads; null: it starts none. */
  tenant: string | null
  /** Who operates with it: sees all generations, and opens and closes circuits; null: nobody. */
  operator: string | null
}

export interface ApiKeys {
  /** How many tenants' keys there are. 0: no request needs one. */
  count: number
  /** How many keys there are to operate with. */
  operateCount: number
  /** Of the key that came along (`Authorization: Bearer`, `x-api-key`, or Azure's `api-key`); null: none that is known. */
  scopeOf(headers: IncomingHttpHeaders): Scope | null
}

const hash = (key: string): Buffer => createHash('sha256').update(key).digest()

/**
 * Reads HOLDFAST_API_KEYS, `tenant:key` pairs with commas between, and HOLDFAST_OPERATE_KEYS, `name:key` pairs in the same form;
 * each may have several keys. Throws an Error that names the pair by its number.
 */
export function readApiKeys(env: Env): ApiKeys {
  const tenants = readPairs(env, API_KEYS_ENV)
  const operators = readPairs(env, OPERATE_KEYS_ENV)
  return {
    count: tenants.length,
    operateCount: operators.length,
    scopeOf(headers) {
      const given = givenKeys(headers).map(hash)
      const tenant = ownerOf(given, tenants)
      const operator = ownerOf(given, operators)
      return tenant === null && operator === null ? null : { tenant, operator }
    },
  }
}

interface Pair {
  owner: string
  hash: Buffer
}

/** API-KEYS-1 */
function ownerOf(given: readonly Buffer[], pairs: readonly Pair[]): string | null {
  let owner: string | null = null
  for (const pair of pairs) for (const key of given) if (timingSafeEqual(pair.hash, key)) owner = pair.owner
  return owner
}

function readPairs(env: Env, name: string): Pair[] {
  const text = readEnv(env, name)
  return text === null ? [] : text.split(',').map((pair, index) => readPair(pair, index, name))
}

function readPair(pair: string, index: number, name: string): Pair {
  const [owner = '', ...rest] = pair.trim().split(':')
  const key = rest.join(':').trim()
  const where = `${name}, pair ${index + 1}`
  if (key === '')
    throw new Error(
      `${where}: write ${name === API_KEYS_ENV ? 'tenant' : 'name'}:key, with commas between the pairs`,
    )
  try {
    return { owner: checkTenant(owner.trim()), hash: hash(key) }
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : 'no name'}`)
  }
}

function givenKeys({ authorization, 'x-api-key': apiKey, 'api-key': azure }: IncomingHttpHeaders): string[] {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  return [bearer, apiKey, azure].filter((key): key is string => typeof key === 'string' && key !== '')
}
