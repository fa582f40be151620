import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { bodyHash, canonicalJson, generationId } from '../src/client/identity'
import type { GenerationRequest } from '../src/domain/request'

/** Digits and colons, so that one text can look like another's length. */
const tricky = fc.oneof(
  fc.string({ unit: fc.constantFrom('0', '1', '2', ':', 'a', 'é', '😀'), maxLength: 12 }),
  fc.string({ unit: 'binary' }),
)

describe('generationId', () => {
  it('is gen- and the SHA-256 of tenant and key, each after its length in bytes', () => {
    const hash = createHash('sha256').update('4:acme').update('3:né').digest('hex')
    expect(generationId('acme', 'né')).toBe(`gen-${hash}`)
  })

  it('is the same for the same tenant and key', () => {
    fc.assert(
      fc.property(tricky, tricky, (tenant, key) => {
        expect(generationId(tenant, key)).toBe(generationId(tenant, key))
      }),
    )
  })

  it('differs where tenant or key do, however they are cut', () => {
    expect(generationId('a', 'bc')).not.toBe(generationId('ab', 'c'))
    expect(generationId('', '1:a')).not.toBe(generationId('0:1:', 'a'))
    fc.assert(
      fc.property(tricky, tricky, tricky, tricky, (tenant, key, otherTenant, otherKey) => {
        fc.pre(tenant !== otherTenant || key !== otherKey)
        expect(generationId(tenant, key)).not.toBe(generationId(otherTenant, otherKey))
      }),
    )
    const between = fc.constantFrom('', ':', '0:', '1:', '2:', ':1:')
    fc.assert(
      fc.property(tricky, tricky, tricky, between, (first, second, third, seam) => {
        fc.pre(second + seam !== '')
        const left = generationId(first, second + seam + third)
        expect(left).not.toBe(generationId(first + seam + second, third))
      }),
    )
  })

  it('without a key is a new one each time, also for the same tenant', () => {
    const ids = new Set(Array.from({ length: 50 }, () => generationId('acme', undefined)))
    expect(ids.size).toBe(50)
    for (const id of ids) expect(id).toMatch(/^gen-[0-9a-f-]{36}$/)
  })

  it('does not hold the key: it stands in lists that others see', () => {
    expect(generationId('acme', 'order-4711')).not.toContain('4711')
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
