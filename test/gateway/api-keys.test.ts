/** API-KEYS: which key is good for what. */
import { readApiKeys } from '../../src/gateway'

const keys = readApiKeys({
  HOLDFAST_API_KEYS: 'acme:a:b,globex:both',
  HOLDFAST_OPERATE_KEYS: ' ada : operate-1 ,bob:both',
})
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

it('a key is good for what its list says, and one of both lists for both', () => {
  expect(keys).toMatchObject({ count: 2, operateCount: 2 })
  expect(keys.scopeOf(bearer('a:b'))).toEqual({ tenant: 'acme', operator: null })
  expect(keys.scopeOf({ 'x-api-key': 'operate-1' })).toEqual({ tenant: null, operator: 'ada' })
  expect(keys.scopeOf(bearer('both'))).toEqual({ tenant: 'globex', operator: 'bob' })
})

it.each(['', 'a', 'operate', 'acme', 'ada'])('no part and no name of one is a key: %p', (key) => {
  expect(keys.scopeOf(bearer(key))).toBeNull()
})

it('a pair that is none is refused by its number, without saying it', () => {
  const read = () => readApiKeys({ HOLDFAST_OPERATE_KEYS: 'ada:x,geheim' })
  expect(read).toThrow('HOLDFAST_OPERATE_KEYS, pair 2: write name:key')
  expect(read).not.toThrow('geheim')
})
