/**
 * Values of the stores (cache, delivery log), encrypted by keys that are derived from those of the payloads.
 *
 * VALUES-1 A value is bound to its place: copied to another key of the store it is not opened.
 * VALUES-2 A value that can't be opened is as good as none, and never an error for a caller.
 */
import { hkdfSync } from 'node:crypto'
import type { Env } from '../config/env'
import { type EncryptionKey, KEY_BYTES, readEncryptionKeys } from './keys'
import { seal, unseal } from './seal'

export type Opened =
  | { state: 'open'; text: Buffer }
  /** Of a key that this process does not have. */
  | { state: 'unknown_key'; id: string }
  /** Never sealed, changed since, or sealed for another place. */
  | { state: 'damaged' }

export interface ValueCrypto {
  /** @param place where it is stored */
  seal(text: Uint8Array, place: string): Buffer
  open(sealed: Uint8Array, place: string): Opened
}

const PURPOSE = 'holdfast: values of stores, 1'

/** null: values stay plain, for there are no keys, or none writes yet. Throws EncryptionKeysError. */
export function valueCryptoOf(env: Env): ValueCrypto | null {
  const keys = readEncryptionKeys(env)
  if (keys === null || keys.writing === null) return null
  const secrets = new Map([...keys.reading.values()].map((key) => [key.id, derived(key)]))
  const { id } = keys.writing
  const writing = derived(keys.writing)
  const head = Buffer.concat([Buffer.from([id.length]), Buffer.from(id)])
  return {
    seal: (text, place) => Buffer.concat([head, seal(writing, text, place)]),
    open(sealed, place) {
      const [length = 0] = sealed
      const keyId = Buffer.from(sealed.subarray(1, 1 + length)).toString()
      const secret = secrets.get(keyId)
      if (secret === undefined) return KEY_ID.test(keyId) ? { state: 'unknown_key', id: keyId } : DAMAGED
      const text = unseal(secret, sealed.subarray(1 + length), place)
      return text === null ? DAMAGED : { state: 'open', text }
    },
  }
}

const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/
const DAMAGED: Opened = { state: 'damaged' }

const derived = ({ secret }: EncryptionKey): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), PURPOSE, KEY_BYTES))
