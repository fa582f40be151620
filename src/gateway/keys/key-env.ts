/** Keys from the environment: `HOLDFAST_API_KEYS` and `HOLDFAST_OPERATE_KEYS`, pairs with commas between. */
import { type Env, readEnv } from '../../config'
import { checkTenant } from '../../request'
import type { KnownKey, Scope } from './grant'
import { hashOf } from './key-set'

export const API_KEYS_ENV = 'HOLDFAST_API_KEYS'
export const OPERATE_KEYS_ENV = 'HOLDFAST_OPERATE_KEYS'

/**
 * `tenant:key` pairs of the one, `name:key` pairs of the other; each may have several keys, and one that stands in both is good
 * for both. Throws an Error that names the pair by its number (API-KEYS-1).
 */
export function readKeyEnv(env: Env): { tenants: KnownKey[]; operators: KnownKey[] } {
  return {
    tenants: readPairs(env, API_KEYS_ENV).map(({ owner, ...pair }) =>
      known(pair, ['generate', 'read'], { tenant: owner, operator: null }),
    ),
    operators: readPairs(env, OPERATE_KEYS_ENV).map(({ owner, ...pair }) =>
      known(pair, ['operate'], { tenant: null, operator: owner }),
    ),
  }
}

const known = (
  { keyId, hash }: Omit<Pair, 'owner'>,
  scopes: readonly Scope[],
  owner: Pick<KnownKey, 'tenant' | 'operator'>,
): KnownKey => ({
  keyId,
  hash,
  ...owner,
  scopes: new Set(scopes),
  models: null,
  notBeforeAt: null,
  expiresAt: null,
})

/** One entry for a key that stands in both lists. */
export const inBoth = (tenant: KnownKey, operator: KnownKey): KnownKey => ({
  ...tenant,
  scopes: new Set([...tenant.scopes, ...operator.scopes]),
  operator: operator.operator,
})

interface Pair {
  owner: string
  keyId: string
  hash: string
}

function readPairs(env: Env, variable: string): Pair[] {
  const text = readEnv(env, variable)
  return text === null ? [] : text.split(',').map((pair, index) => readPair(pair, index + 1, variable))
}

function readPair(pair: string, number: number, variable: string): Pair {
  const [owner = '', ...rest] = pair.trim().split(':')
  const key = rest.join(':').trim()
  const where = `${variable}, pair ${number}`
  if (key === '')
    throw new Error(
      `${where}: write ${variable === API_KEYS_ENV ? 'tenant' : 'name'}:key, with commas between the pairs`,
    )
  try {
    return { owner: checkTenant(owner.trim()), keyId: `${variable}:${number}`, hash: hashOf(key) }
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : 'no name'}`)
  }
}
