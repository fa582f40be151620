/**
 * AES-256-GCM: what is sealed can be read and changed by nobody without the key.
 *
 * SEAL-1 Each sealing has a random nonce of 96 bits. So one key seals 2^32 texts at most (NIST SP 800-38D, 8.3).
 * SEAL-2 What was changed, cut, or sealed for another place (`boundTo`) is not opened at all: no part of it is returned.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** So much longer than the text is what it is sealed in. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES

/** @returns nonce, encrypted text, tag: as Temporal's samples lay it out. @param boundTo has to be given again to open it. */
export function seal(secret: Buffer, text: Uint8Array, boundTo = ''): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES })
  if (boundTo !== '') cipher.setAAD(Buffer.from(boundTo))
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

/** null: not sealed by this key for this place, or changed since (SEAL-2). */
export function unseal(secret: Buffer, sealed: Uint8Array, boundTo = ''): Buffer | null {
  if (sealed.length < SEAL_BYTES) return null
  const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  if (boundTo !== '') decipher.setAAD(Buffer.from(boundTo))
  try {
    const text = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
    return Buffer.concat([text, decipher.final()])
  } catch {
    return null
  }
}
