/**
 * All keys that are known now, and which of them came along.
 *
 * KEY-SET-1 A key is looked up by a hash that only this process can compute: how long it takes depends neither on how many keys
 *    there are nor on how much of one was guessed.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Grant, inForce, type KnownKey } from './grant'

export type FoundKey =
  | { type: 'good'; grant: Grant }
  /** It is known, and its time is not now. */
  | { type: 'expired' | 'not yet'; grant: Grant }
  | { type: 'unknown' }

export interface KeySet {
  size: number
  hasOperators: boolean
  /** `at` in epoch milliseconds. */
  find(headers: IncomingHttpHeaders, at: number): FoundKey
}

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

/** Of several entries for one key the last counts. */
export function createKeySet(keys: readonly KnownKey[]): KeySet {
  const secret = randomBytes(32)
  // KEY-SET-1
  const blind = (hash: string): string => createHmac('sha256', secret).update(hash).digest('base64')
  const grants = new Map<string, Grant>(keys.map(({ hash, ...grant }) => [blind(hash), grant]))
  return {
    size: grants.size,
    hasOperators: keys.some(({ scopes }) => scopes.has('operate')),
    find(headers, at) {
      let found: FoundKey = { type: 'unknown' }
      for (const key of givenKeys(headers)) {
        const grant = grants.get(blind(hashOf(key)))
        if (grant === undefined) continue
        const state = inForce(grant, at)
        if (state === 'yes') return { type: 'good', grant }
        found = { type: state, grant }
      }
      return found
    },
  }
}

/** `Authorization: Bearer`, `x-api-key`, Azure's `api-key`: in this order. */
function givenKeys({ authorization, 'x-api-key': apiKey, 'api-key': azure }: IncomingHttpHeaders): string[] {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  return [bearer, apiKey, azure].filter((key): key is string => typeof key === 'string' && key !== '')
}
