/** AES-256-GCM: what is sealed is opened whole, by its key and for its place, or not at all. */
import { randomBytes } from 'node:crypto'
import { seal, unseal } from '../../src/encryption'

const secret = randomBytes(32)
const text = Buffer.from('a prompt')

it('what is sealed is opened by its key', () => {
  expect(unseal(secret, seal(secret, text))).toEqual(text)
  expect(unseal(secret, seal(secret, Buffer.alloc(0), 'place'), 'place')).toEqual(Buffer.alloc(0))
})

it('the same text is never sealed twice in the same bytes', () => {
  expect(seal(secret, text).equals(seal(secret, text))).toBe(false)
})

it('any bit that is flipped, and any byte that is cut off, leaves nothing', () => {
  const sealed = seal(secret, text)
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(unseal(secret, changed)).toBeNull()
  }
  for (let length = 0; length < sealed.length; length += 1)
    expect(unseal(secret, sealed.subarray(0, length))).toBeNull()
})

it('another key opens nothing, and so does another place', () => {
  expect(unseal(randomBytes(32), seal(secret, text))).toBeNull()
  const sealed = seal(secret, text, 'here')
  expect(unseal(secret, sealed, 'there')).toBeNull()
  expect(unseal(secret, sealed)).toBeNull()
})
