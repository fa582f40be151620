/** Cache entries encrypted by the keys: what others wrote is a miss, and what was changed is removed. */
import { newEncryptionKey, type ValueCrypto, valueCryptoOf } from '../../../src/encryption'
import { memoryBlobs } from '../../../src/stores/cache/memory'
import { sealedBlobs } from '../../../src/stores/cache/sealed'
import { storeOver } from '../../../src/stores/cache/store'
import type { Trouble } from '../../../src/stores/cache/types'
import { answerOf } from '../../helpers/cache'

const NOW = 1_000
const KEY = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const entry = {
  answer: answerOf('a planted answer'),
  target: 'alpha/m',
  storedAt: NOW,
  freshUntil: NOW + 1_000,
  staleUntil: NOW + 1_000,
}
const [first, second] = [newEncryptionKey('first'), newEncryptionKey('second')]
const cryptoOf = (...keys: string[]): ValueCrypto => {
  const crypto = valueCryptoOf({ HOLDFAST_ENCRYPTION_KEYS: keys.join(',') })
  if (crypto === null) throw new Error('there are no keys')
  return crypto
}

function shared() {
  const troubles: Trouble[] = []
  const deps = { now: () => NOW, onTrouble: (trouble: Trouble) => troubles.push(trouble) }
  const blobs = memoryBlobs(1_000_000, deps)
  const plain = storeOver(blobs, deps)
  const withKeys = (...keys: string[]) => storeOver(sealedBlobs(blobs, cryptoOf(...keys), deps), deps)
  return { blobs, plain, withKeys, troubles }
}

it('an entry comes back, and its bytes say nothing of it', async () => {
  const { blobs, withKeys } = shared()
  const store = withKeys(first)
  await store.put(KEY, entry)
  expect(await store.get(KEY)).toEqual(entry)
  expect(String(await blobs.read(KEY))).not.toMatch(/planted|alpha/)
})

it('after a rotation an entry of the old key is read', async () => {
  const { withKeys } = shared()
  await withKeys(first).put(KEY, entry)
  expect(await withKeys(second, first).get(KEY)).toEqual(entry)
})

it('an entry of an unknown key is a miss that stays, and is reported once', async () => {
  const { withKeys, troubles } = shared()
  const store = withKeys(second)
  await withKeys(first).put(KEY, entry)
  expect([await store.get(KEY), await store.get(KEY)]).toEqual([null, null])
  expect(troubles).toEqual([{ kind: 'unknown_key', keyId: 'first' }])
  expect(await withKeys(first).get(KEY)).toEqual(entry)
})

it('a plain entry is a miss with keys, and a sealed one without: neither is removed', async () => {
  const { plain, withKeys, troubles } = shared()
  const sealed = withKeys(first)
  await plain.put(KEY, entry)
  expect(await sealed.get(KEY)).toBeNull()
  expect(await plain.get(KEY)).toEqual(entry)
  await sealed.put(OTHER, entry)
  expect(await plain.get(OTHER)).toBeNull()
  expect(await sealed.get(OTHER)).toEqual(entry)
  expect(troubles).toEqual([])
})

it('an entry that was changed, cut, or copied to another key is removed as damaged', async () => {
  for (const damage of [
    (bytes: Buffer) => bytes.map((byte, at) => (at === bytes.length - 20 ? byte ^ 1 : byte)),
    (bytes: Buffer) => bytes.subarray(0, -1),
    (bytes: Buffer) => bytes.subarray(0, 24),
    (bytes: Buffer) => bytes,
  ]) {
    const { blobs, withKeys, troubles } = shared()
    await withKeys(first).put(KEY, entry)
    await blobs.write(OTHER, Buffer.from(damage((await blobs.read(KEY)) ?? Buffer.alloc(0))), NOW + 1_000)
    expect(await withKeys(first).get(OTHER)).toBeNull()
    expect(troubles).toEqual([{ kind: 'damaged_entry', key: OTHER }])
    expect(await blobs.read(OTHER)).toBeNull()
  }
})
