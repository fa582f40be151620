/** A codec that encrypts every payload (AES-256-GCM), and what somebody without its key finds in a history. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'

const ENCODING = 'binary/encrypted'
const IV_BYTES = 12
const TAG_BYTES = 16

export function encryptionCodec(key: Buffer = randomBytes(32)): PayloadCodec {
  const encrypt = (payload: Payload): Payload => {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    const { metadata = {}, data } = payload
    const fields = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])
    const plain = JSON.stringify({
      metadata: Object.fromEntries(fields),
      data: base64(data ?? Buffer.alloc(0)),
    })
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
    return {
      metadata: { encoding: Buffer.from(ENCODING) },
      data: Buffer.concat([iv, cipher.getAuthTag(), body]),
    }
  }
  const decrypt = (payload: Payload): Payload => {
    if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== ENCODING)
      throw new Error('a payload is not encrypted')
    const bytes = Buffer.from(payload.data ?? [])
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    const { metadata, data } = JSON.parse(plain.toString()) as {
      metadata: Record<string, string>
      data: string
    }
    const fields = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])
    return { metadata: Object.fromEntries(fields), data: Buffer.from(data, 'base64') }
  }
  return {
    encode: async (payloads) => payloads.map(encrypt),
    decode: async (payloads) => payloads.map(decrypt),
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** All texts and bytes in an object of the server's, however deep, as one text. */
export function textIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value).map(textIn).join('')
}
