/** KEY-SET, API-KEYS: which key is good for what, and when. */
import { readApiKeys } from '../../../src/gateway'
import type { KnownKey } from '../../../src/gateway/keys/grant'
import { createKeySet, hashOf } from '../../../src/gateway/keys/key-set'

const keys = readApiKeys({
  HOLDFAST_API_KEYS: 'acme:a:b,globex:both',
  HOLDFAST_OPERATE_KEYS: ' ada : operate-1 ,bob:both',
})
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const TENANTS = ['generate', 'read'] as const

it('a key of the environment is good for what its list says, and one of both lists for both', () => {
  expect(keys.required).toBe(true)
  expect(keys.hasOperators()).toBe(true)
  const found = (headers: { [name: string]: string }) => keys.find(headers)
  expect(found(bearer('a:b'))).toMatchObject({
    grant: { keyId: 'HOLDFAST_API_KEYS:1', tenant: 'acme', operator: null, scopes: new Set(TENANTS) },
  })
  expect(found({ 'x-api-key': 'operate-1' })).toMatchObject({
    grant: { tenant: null, operator: 'ada', scopes: new Set(['operate']) },
  })
  expect(found({ 'api-key': 'both' })).toMatchObject({
    grant: { tenant: 'globex', operator: 'bob', scopes: new Set([...TENANTS, 'operate']) },
  })
})

it.each([
  '',
  'a',
  'operate',
  'acme',
  'ada',
  hashOf('a:b'),
  `sha256:${hashOf('a:b')}`,
  '\0',
  'ä'.repeat(9_000),
])('no part, no name and no hash of one is a key, nor is garbage: %#', (key) => {
  expect(keys.find({ ...bearer(key), 'x-api-key': key })).toEqual({ type: 'unknown' })
})

it('a pair that is none is refused by its number, without saying it', () => {
  const read = () => readApiKeys({ HOLDFAST_OPERATE_KEYS: 'ada:x,geheim' })
  expect(read).toThrow('HOLDFAST_OPERATE_KEYS, pair 2: write name:key')
  expect(read).not.toThrow('geheim')
})

const known = (key: string, fields: Partial<KnownKey> = {}): KnownKey => ({
  keyId: key,
  hash: hashOf(key),
  tenant: 'acme',
  scopes: new Set(TENANTS),
  models: null,
  notBeforeAt: null,
  expiresAt: null,
  operator: null,
  ...fields,
})

it('a key is good from its first moment to the one before its last', () => {
  const set = createKeySet([known('k', { notBeforeAt: 100, expiresAt: 200 })])
  const at = (moment: number): string => set.find(bearer('k'), moment).type
  expect([99, 100, 199, 200].map(at)).toEqual(['not yet', 'good', 'good', 'expired'])
})

it('of several keys in one request the first that is good counts', () => {
  const set = createKeySet([known('old', { expiresAt: 1 }), known('new')])
  expect(set.find({ ...bearer('old'), 'x-api-key': 'new' }, 5)).toMatchObject({ grant: { keyId: 'new' } })
  expect(set.find({ ...bearer('old'), 'x-api-key': 'other' }, 5)).toMatchObject({ type: 'expired' })
})

it('a look takes as long among 10,000 keys as among 10', () => {
  const many = createKeySet(Array.from({ length: 10_000 }, (_, index) => known(`key-${index}`)))
  const few = createKeySet(Array.from({ length: 10 }, (_, index) => known(`key-${index}`)))
  const timeOf = (set: typeof few): number => {
    const begun = performance.now()
    for (let at = 0; at < 2_000; at += 1) set.find(bearer(`key-${at % 10}`), 0)
    return performance.now() - begun
  }
  const least = (set: typeof few): number => Math.min(...Array.from({ length: 5 }, () => timeOf(set)))
  expect(least(many)).toBeLessThan(least(few) * 5)
})
