/**
 * The keys of HOLDFAST_ENCRYPTION_KEYS: `id:base64 of 32 bytes`, with commas between. The first one writes, all read.
 * `plain` in the first place: nothing is encrypted yet, and what others have encrypted is read.
 *
 * KEYS-1 A key that is none, that is weak, or that stands there twice is refused at the start, never at the first use.
 * KEYS-2 No error says a key, or a part of one.
 */
import { randomBytes } from 'node:crypto'
import { type Env, readEnv } from '../config/env'

export const ENCRYPTION_KEYS_ENV = 'HOLDFAST_ENCRYPTION_KEYS'

/** Of AES-256. */
export const KEY_BYTES = 32

export interface EncryptionKey {
  /** Stands beside what it has encrypted, readable for everybody. */
  id: string
  secret: Buffer
}

export interface EncryptionKeys {
  /** null: what is written stays plain. */
  writing: EncryptionKey | null
  /** By their ids. */
  reading: ReadonlyMap<string, EncryptionKey>
}

/** The variable is not usable. Its message says what to write. */
export class EncryptionKeysError extends Error {
  override readonly name = 'EncryptionKeysError'
}

const PLAIN = 'plain'
const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/
/** Random bytes have some 30 different values among 32; fewer than this one key of 10^14 has. */
const DISTINCT_BYTES_MIN = 12

/** null: the variable is not set. Throws EncryptionKeysError. */
export function readEncryptionKeys(env: Env): EncryptionKeys | null {
  const text = readEnv(env, ENCRYPTION_KEYS_ENV)
  if (text === null) return null
  const entries = text.split(',').map((entry) => entry.trim())
  const plain = entries[0] === PLAIN
  const keys = entries.slice(plain ? 1 : 0).map((entry, index) => readKey(entry, index + (plain ? 2 : 1)))
  const [first] = keys
  if (first === undefined) throw new EncryptionKeysError(`${ENCRYPTION_KEYS_ENV}: ${FORM}`)
  requireDistinct(keys)
  return { writing: plain ? null : first, reading: new Map(keys.map((key) => [key.id, key])) }
}

const FORM = `write id:key, with commas between the pairs; \`holdfast encryption new-key\` makes one`

function readKey(entry: string, number: number): EncryptionKey {
  const where = `${ENCRYPTION_KEYS_ENV}, pair ${number}`
  const at = entry.indexOf(':')
  if (at < 0) throw new EncryptionKeysError(`${where}: ${FORM}`)
  const id = entry.slice(0, at).trim()
  const text = entry.slice(at + 1).trim()
  if (!KEY_ID.test(id) || id === PLAIN)
    throw new EncryptionKeysError(
      `${where}: an id has up to 64 letters, digits, dots, dashes and underscores, and is not "${PLAIN}"`,
    )
  const secret = Buffer.from(text, 'base64')
  if (!BASE64.test(text) || secret.length !== KEY_BYTES)
    throw new EncryptionKeysError(
      `${where} (${id}): a key is ${KEY_BYTES} bytes in base64, 44 characters; this one has ${text.length}. \`holdfast encryption new-key\` makes one`,
    )
  if (isWeak(secret))
    throw new EncryptionKeysError(
      `${where} (${id}): these are no random bytes, but a text or a pattern. \`holdfast encryption new-key\` makes a key`,
    )
  return { id, secret }
}

/** A word that was put into base64, or one byte again and again. */
const isWeak = (secret: Buffer): boolean =>
  new Set(secret).size < DISTINCT_BYTES_MIN || secret.every((byte) => byte >= 0x20 && byte < 0x7f)

function requireDistinct(keys: readonly EncryptionKey[]): void {
  for (const [index, { id, secret }] of keys.entries()) {
    const before = keys.slice(0, index)
    if (before.some((other) => other.id === id))
      throw new EncryptionKeysError(
        `${ENCRYPTION_KEYS_ENV}: the id ${id} stands there twice. A new key needs an id of its own`,
      )
    const same = before.find((other) => other.secret.equals(secret))
    if (same !== undefined)
      throw new EncryptionKeysError(
        `${ENCRYPTION_KEYS_ENV}: ${same.id} and ${id} are the same key. A rotation needs a new one: \`holdfast encryption new-key\``,
      )
  }
}

/** One in the form of the variable, of fresh random bytes. */
export const newEncryptionKey = (id: string): string => `${id}:${randomBytes(KEY_BYTES).toString('base64')}`

/** What to say of something whose key is not there. */
export const unknownKeyText = (what: string, id: string): string =>
  `${what} was encrypted by the key "${id}", which is not among ${ENCRYPTION_KEYS_ENV} of this process: add it behind the first one (docs/encryption.md)`
