/**
 * Encrypts all that Temporal keeps of a generation (AES-256-GCM): prompts, answers, attempts, memos. Give it to every client
 * and worker: `createHoldfast({ dataConverter: { payloadCodecs: [encryptionCodec(key)] } })`.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { temporal } from '@temporalio/proto'

const { Payload: Message } = temporal.api.common.v1

const ENCODING = 'binary/encrypted'
const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** `key`: 32 bytes from your secret store, the same ones in every process. */
export function encryptionCodec(key: Buffer): PayloadCodec {
  const encrypt = (payload: Payload): Payload => {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, key, iv)
    const text = Buffer.concat([cipher.update(Message.encode(payload).finish()), cipher.final()])
    return {
      metadata: { encoding: Buffer.from(ENCODING) },
      data: Buffer.concat([iv, cipher.getAuthTag(), text]),
    }
  }
  const decrypt = (payload: Payload): Payload => {
    // From before the codec was in use.
    if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== ENCODING) return payload
    const bytes = Buffer.from(payload.data ?? [])
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return Message.decode(
      Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]),
    )
  }
  return {
    encode: async (payloads) => payloads.map(encrypt),
    decode: async (payloads) => payloads.map(decrypt),
  }
}
