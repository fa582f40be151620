import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { bodyHash, canonicalJson, generationId } from '../../src/client/identity'
import type { GenerationRequest } from '../../src/domain/request/request'

/** Digits and colons, so that one text can look like another's length. */
const tricky = fc.oneof(
  fc.string({ unit: fc.constantFrom('0', '1', '2', ':', 'a', 'é', '😀'), maxLength: 12 }),
  fc.string({ unit: 'binary' }),
  // Any UTF-16 code units: halves of characters too.
  fc
    .array(fc.integer({ min: 0xd7ff, max: 0xe000 }), { maxLength: 4 })
    .map((units) => String.fromCharCode(...units)),
)
const tenants = fc.option(tricky)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const idOf = (tenant: string | null, idempotencyKey: string | undefined): string =>
  generationId({ tenant, idempotencyKey, cacheKey: null })

describe('generationId', () => {
  it('is gen- and the SHA-256 of tenant and key, each after its length in bytes', () => {
    expect(idOf('acme', 'né')).toBe(`gen-${sha256('4:acme3:né')}`)
    expect(idOf(null, 'né')).toBe(`gen-${sha256('-3:né')}`)
  })

  it('is the same for the same tenant and key', () => {
    fc.assert(
      fc.property(tenants, tricky, (tenant, key) => {
        expect(idOf(tenant, key)).toBe(idOf(tenant, key))
      }),
    )
  })

  it('differs where tenant or key do, however they are cut', () => {
    expect(idOf('a', 'bc')).not.toBe(idOf('ab', 'c'))
    expect(idOf('a', ':b')).not.toBe(idOf('a:', 'b'))
    expect(idOf('', '1:a')).not.toBe(idOf('0:1:', 'a'))
    fc.assert(
      fc.property(tenants, tricky, tenants, tricky, (tenant, key, otherTenant, otherKey) => {
        fc.pre(tenant !== otherTenant || key !== otherKey)
        expect(idOf(tenant, key)).not.toBe(idOf(otherTenant, otherKey))
      }),
    )
    const between = fc.constantFrom('', ':', '0:', '1:', '2:', ':1:')
    fc.assert(
      fc.property(tricky, tricky, tricky, between, (first, second, third, seam) => {
        fc.pre(second + seam !== '')
        const left = idOf(first, second + seam + third)
        expect(left).not.toBe(idOf(first + seam + second, third))
      }),
    )
  })

  it('no tenant has other ids than any tenant, whatever its name', () => {
    for (const tenant of ['', '-', '0:', 'null', 'undefined', 'escaped']) {
      expect(idOf(tenant, 'k')).not.toBe(idOf(null, 'k'))
      expect(idOf(null, `${tenant}k`)).not.toBe(idOf(tenant, 'k'))
    }
  })

  it('half a character has another id than the other halves, from U+FFFD and from its own escape', () => {
    const keys = ['\ud800', '\udc00', '\ufffd', '"\\ud800"', '\\ud800', 'escaped 8:"\\ud800"']
    expect(new Set(keys.map((key) => idOf('a', key))).size).toBe(keys.length)
    expect(new Set(keys.map((tenant) => idOf(tenant, 'k'))).size).toBe(keys.length)
  })

  it('without a key is a new one each time, also for the same tenant', () => {
    const ids = new Set(Array.from({ length: 50 }, () => idOf('acme', undefined)))
    expect(ids.size).toBe(50)
    for (const id of ids) expect(id).toMatch(/^gen-[0-9a-f-]{36}$/)
  })

  it('without a key is that of the request, where equal ones share a generation', () => {
    const cacheKey = sha256('the request')
    expect(generationId({ tenant: 'acme', idempotencyKey: undefined, cacheKey })).toBe(`gen-${cacheKey}`)
    expect(generationId({ tenant: 'acme', idempotencyKey: 'né', cacheKey })).toBe(idOf('acme', 'né'))
  })

  it('does not contain the key, because workflow lists show the id', () => {
    expect(idOf('acme', 'order-4711')).not.toContain('4711')
  })
})

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

describe('canonicalJson', () => {
  it('does not depend on the order of keys, at any depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}')
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      }),
    )
  })

  it('depends on the order of a list', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
  })

  it('loses nothing: it reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1}}')
  })

  it('a field that is undefined is one that is absent', () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }))
  })
})

describe('bodyHash', () => {
  const request: GenerationRequest = {
    messages: [{ role: 'user', content: 'hi' }],
    params: { temperature: 0, maxTokens: 5 },
  }

  it('is the same for the same body, whatever the order of its keys', () => {
    const other: GenerationRequest = {
      params: { maxTokens: 5, temperature: 0, seed: undefined },
      messages: [{ content: 'hi', role: 'user' }],
    }
    expect(bodyHash('default', request)).toBe(bodyHash('default', other))
  })

  it('differs by route, by message, by parameter', () => {
    const hashes = [
      bodyHash('default', request),
      bodyHash('chat', request),
      bodyHash('default', { ...request, messages: [{ role: 'user', content: 'hi ' }] }),
      bodyHash('default', { ...request, params: { temperature: 0 } }),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
