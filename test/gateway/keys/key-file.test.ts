/** KEY-FILE: what a file of keys may say, and what is said of one with a fault. */
import { ConfigError } from '../../../src/config'
import { parseKeyFile } from '../../../src/gateway/keys/key-file'
import { hashOf } from '../../../src/gateway/keys/key-set'

const HASH = `sha256:${hashOf('one')}`
const OTHER = `sha256:${hashOf('two')}`

function problems(text: string): string[] {
  try {
    parseKeyFile(text, 'keys.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

const WHOLE = `
keys:
  - id: acme-1
    hash: ${HASH.toUpperCase().replace('SHA256', 'sha256')}
    tenant: Ünïcode 🏦
    scopes: [generate, read]
    models: [default, openai/*]
    notBefore: 2026-01-01
    expires: 2026-12-31T18:00:00+01:00
    note: 'of the app'
  - { id: ops, hash: '${OTHER}', scopes: [operate] }
`

it('an entry is a hash, and what the key is good for', () => {
  const expected = [
    {
      keyId: 'acme-1',
      hash: hashOf('one'),
      tenant: 'Ünïcode 🏦',
      scopes: new Set(['generate', 'read']),
      models: ['default', 'openai/*'],
      notBeforeAt: Date.UTC(2026, 0, 1),
      expiresAt: Date.UTC(2026, 11, 31, 17),
      operator: null,
    },
    { keyId: 'ops', tenant: null, scopes: new Set(['operate']), models: null, operator: 'ops' },
  ]
  expect(parseKeyFile(WHOLE, 'keys.yaml')).toMatchObject(expected)
  expect(parseKeyFile(`\uFEFF${WHOLE.trimStart().replaceAll('\n', '\r\n')}`, 'keys.yaml')).toMatchObject(
    expected,
  )
})

it('the same in JSON, and a file without keys has none', () => {
  const json = JSON.stringify({ keys: [{ id: 'a', hash: HASH, tenant: 'acme', scopes: ['read'] }] })
  expect(parseKeyFile(json, 'keys.json')).toMatchObject([{ keyId: 'a', hash: hashOf('one') }])
  expect(parseKeyFile('keys: []', 'keys.yaml')).toEqual([])
})

const entry = (fields: string): string => `keys:\n  - { id: a, hash: '${HASH}', scopes: [read]${fields} }`

it.each<[string, string, string]>([
  ['nothing', '', 'keys.yaml: keys: is missing'],
  ['a list', '[]', 'keys.yaml:1:1: expected a block of fields, found a list'],
  ['half a file', 'keys:\n  - { id: a, hash: "sha2', 'keys.yaml:2:'],
  [
    'a name nearly known',
    entry(', expire: 2026-12-31'),
    'keys.yaml:2:111: keys[0].expire: unknown field; did you mean "expires"?',
  ],
  [
    'a key',
    entry(', key: secret'),
    'keys.yaml:2:111: keys[0].key: unknown field: a key never stands in the file',
  ],
  ['a scope nearly known', entry('').replace('read', 'reads'), 'did you mean "read"?'],
  ['no scope', entry('').replace('[read]', '[]'), 'name at least one: generate, read, operate'],
  ['a scope twice', entry('').replace('[read]', '[read, read]'), 'a scope stands twice'],
  ['no model', entry(', models: []'), 'name at least one, or leave it out'],
  ['a star within', entry(", models: ['a*b']"), 'with a * at the end'],
  ['no moment', entry(', expires: tomorrow'), 'not a moment: write it like 2026-12-31'],
  ['a day that is not there', entry(', expires: 2026-02-30'), 'not a moment'],
  [
    'an end before its begin',
    entry(', notBefore: 2026-02-02, expires: 2026-02-01'),
    'is not after notBefore',
  ],
  ['an id with blanks', entry('').replace('id: a', "id: 'a b'"), 'not a name'],
  ['an operator of a tenant', entry(', tenant: acme').replace('read', 'operate'), 'leave tenant out'],
  [
    'an id twice',
    `${entry('')}\n  - { id: a, hash: '${OTHER}', scopes: [read] }`,
    'keys.yaml:3:7: keys[1].id: "a" stands twice: it is keys[0], too',
  ],
  [
    'a hash twice',
    `${entry('')}\n  - { id: b, hash: '${HASH.toUpperCase().replace('SHA256', 'sha256')}', scopes: [read] }`,
    'keys[1].hash: the same key as keys[0]',
  ],
  [
    'a field twice in JSON',
    `{"keys": [{"id": "a", "id": "b", "hash": "${HASH}", "scopes": ["read"]}]}`,
    'keys.yaml:1:23: this field stands twice',
  ],
])('a file with %s is refused, with its place', (_what, text, problem) => {
  expect(problems(text).join('\n')).toContain(problem)
})

it('what is no hash is refused and not repeated', () => {
  const [problem = '', ...others] = problems(entry('').replace(HASH, 'hfk_0123456789abcdef0123456789abcdef'))
  expect(others).toEqual([])
  expect(problem).toContain('keys[0].hash: not a hash: write sha256: and 64 hexadecimal digits')
  expect(problem).not.toContain('0123456789abcdef')
})

it('10,000 keys in JSON are read without the parser that takes seconds for them', () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => ({
    id: `k-${index}`,
    hash: `sha256:${hashOf(`${index}`)}`,
    tenant: `t-${index % 50}`,
    scopes: ['generate', 'read'],
  }))
  const text = JSON.stringify({ keys })
  const begun = process.cpuUsage()
  expect(parseKeyFile(text, 'keys.json')).toHaveLength(10_000)
  const { user, system } = process.cpuUsage(begun)
  expect((user + system) / 1_000).toBeLessThan(1_500)
})
