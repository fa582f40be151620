import {
  isMetadataKey,
  logFields,
  metadataFaults,
  picked,
  searchedPair,
  withRequestId,
} from '../../../src/domain/request/metadata'

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))

it.each([
  ['nothing', undefined],
  ['null', null],
  ['no pairs', {}],
  ['sixteen pairs', pairs(16)],
  ['sixteen pairs and the reserved one', { ...pairs(16), requestId: 'r' }],
  ['the longest key and value', { ['k'.repeat(64)]: 'v'.repeat(512) }],
  ['the longest ones as people count', { ['😀'.repeat(64)]: '😀'.repeat(512) }],
  ['an empty value, and one of several lines', { empty: '', lines: 'a\nb' }],
  ['names of an object of its own', { constructor: 'x', toString: 'y' }],
])('%s is metadata', (_name, given) => {
  expect(metadataFaults(given)).toEqual([])
})

it.each([
  ['a text', 'x', /an object of texts/],
  ['a number', 7, /an object of texts/],
  ['a list', ['x'], /an object of texts/],
  ['seventeen pairs', pairs(17), /17 pairs, the most is 16/],
  ['a million pairs', pairs(1_000_000), /1000000 pairs/],
  ['a number as a value', { a: 1 }, /metadata\.a: a text is needed/],
  ['an object as a value', { a: { b: 'c' } }, /metadata\.a: a text is needed/],
  ['null as a value', { a: null }, /metadata\.a: a text is needed/],
  ['a value that is too long', { a: 'x'.repeat(513) }, /metadata\.a: more than 512/],
  ['a value of a megabyte', { a: 'x'.repeat(1_000_000) }, /metadata\.a: more than 512/],
  ['a key that is too long', { ['k'.repeat(65)]: 'v' }, /is no key/],
  ['an empty key', { '': 'v' }, /is no key/],
  ['__proto__', JSON.parse('{"__proto__":"x"}'), /"__proto__" is no key/],
  ['a key with a line break', { 'a\r\nb': 'v' }, /is no key/],
  ['a key with half a character', { '\ud83d': 'v' }, /is no key/],
])('%s is none', (_name, given, fault) => {
  const faults = metadataFaults(given)
  expect(faults.join('; ')).toMatch(fault)
  expect(faults.join('; ').length).toBeLessThan(300)
})

it('a key of the config is one that metadata can have', () => {
  expect(['ticket', 'a b', 'ä', 'constructor'].map(isMetadataKey)).toEqual([true, true, true, true])
  expect(['', '__proto__', '\t', 'k'.repeat(65)].map(isMetadataKey)).toEqual([false, false, false, false])
})

it('the gateway’s name of a request stands beside the caller’s pairs, and above one of the same name', () => {
  expect(withRequestId(undefined, 'r')).toEqual({ requestId: 'r' })
  expect(withRequestId(null, 'r')).toEqual({ requestId: 'r' })
  expect(withRequestId({ a: 'b', requestId: 'mine' }, 'r')).toEqual({ a: 'b', requestId: 'r' })
  for (const wrong of ['text', 7, ['x']]) expect(metadataFaults(withRequestId(wrong, 'r'))).toHaveLength(1)
  expect(metadataFaults(withRequestId(JSON.parse('{"__proto__":{"x":1}}'), 'r'))).toHaveLength(1)
})

it('METADATA-2: a line has the pairs that were picked, each as a field of its own', () => {
  const metadata = { user: 'u', ticket: '7', constructor: 'x' }
  expect(picked(metadata, ['ticket', 'absent'])).toEqual({ ticket: '7' })
  expect(logFields(picked(metadata, ['ticket']))).toEqual({ 'metadata.ticket': '7' })
  expect(logFields(undefined)).toEqual({})
})

it('a searched pair has no more characters than an index of MySQL takes, and none that PostgreSQL refuses', () => {
  expect(searchedPair('ticket', '7')).toBe('ticket=7')
  expect(searchedPair('a', 'x\u0000y')).toBe('a=x y')
  const long = searchedPair('k', '😀'.repeat(512))
  expect([...long]).toHaveLength(255)
  expect(Buffer.from(long).toString()).toBe(long)
})
