/** What HOLDFAST_ENCRYPTION_KEYS may say, and what is refused. */
import { randomBytes } from 'node:crypto'
import { newEncryptionKey, readEncryptionKeys } from '../../src/encryption'

const secretOf = (key: string): string => key.slice(key.indexOf(':') + 1)
const read = (text: string) => readEncryptionKeys({ HOLDFAST_ENCRYPTION_KEYS: text })
const [one, two] = [newEncryptionKey('one'), newEncryptionKey('two')]

it('the first key writes, and all read', () => {
  const keys = read(` ${one} , ${two} `)
  expect(keys?.writing?.id).toBe('one')
  expect([...(keys?.reading.keys() ?? [])]).toEqual(['one', 'two'])
})

it('with `plain` in the first place nothing is encrypted, and all keys read', () => {
  const keys = read(`plain,${one}`)
  expect(keys?.writing).toBeNull()
  expect([...(keys?.reading.keys() ?? [])]).toEqual(['one'])
})

it('a variable that is empty or not set means no keys', () => {
  expect(read(' ')).toBeNull()
  expect(readEncryptionKeys({})).toBeNull()
})

it('a key is taken in base64 for URLs, and without its last sign', () => {
  const secret = Buffer.from(secretOf(one), 'base64')
  for (const text of [secret.toString('base64url'), secret.toString('base64')])
    expect(read(`k:${text}`)?.writing?.secret.equals(secret)).toBe(true)
})

it.each([
  ['a key without an id', secretOf(one), 'pair 1: write id:key'],
  ['nothing between two commas', `${one},,${two}`, 'pair 2: write id:key'],
  ['`plain` alone', 'plain', 'write id:key'],
  ['`plain` as an id', `plain:${secretOf(one)}`, 'is not "plain"'],
  ['`plain` in the second place', `${one},plain`, 'pair 2'],
  ['an id with a space', `a b:${secretOf(one)}`, 'letters, digits'],
  ['16 bytes', `k:${randomBytes(16).toString('base64')}`, 'this one has 24'],
  ['33 bytes', `k:${randomBytes(33).toString('base64')}`, '32 bytes in base64'],
  ['what is no base64', `k:${'%'.repeat(44)}`, '32 bytes in base64'],
  ['a text', `k:${Buffer.from('correct horse battery staple 123').toString('base64')}`, 'no random bytes'],
  ['one byte again and again', `k:${Buffer.alloc(32, 0xee).toString('base64')}`, 'no random bytes'],
  ['an id twice', `one:${secretOf(two)},${one}`, 'the id one stands there twice'],
  ['a key under two ids', `${one},other:${secretOf(one)}`, 'one and other are the same key'],
])('%s is refused', (_, text, message) => {
  expect(() => read(text)).toThrow(message)
})

it('no error says a key, or a part of one', () => {
  const texts = [secretOf(one), `a b:${secretOf(one)}`, `k:${secretOf(one).slice(4)}`, `${one},${one}`]
  for (const text of texts) {
    let message = ''
    try {
      read(text)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).not.toBe('')
    for (let at = 0; at < 36; at += 4) expect(message).not.toContain(secretOf(one).slice(at, at + 8))
  }
})

it('a fresh key can be used as it is, and is another one each time', () => {
  expect(read(newEncryptionKey('a'))?.writing?.secret).toHaveLength(32)
  expect(newEncryptionKey('a')).not.toBe(newEncryptionKey('a'))
})
