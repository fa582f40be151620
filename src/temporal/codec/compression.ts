/**
 * Payloads made shorter before they are encrypted: what is encrypted can't be compressed any more. In the form of the Go SDK's
 * zlib codec, so that other SDKs read it by what they have.
 *
 * COMPRESSION-1 What does not get shorter stays as it is, and so does what is too short to be worth it.
 * COMPRESSION-2 What is compressed has at most INFLATED_BYTES_MAX: no payload fills the memory of who reads it.
 */
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { Payload } from '@temporalio/common'
import { temporal } from '@temporalio/proto'

const Message = temporal.api.common.v1.Payload

export const COMPRESSED_ENCODING = 'binary/zlib'
/** Below it a fifth is saved at most, and that of what is stored with far more beside it. */
const COMPRESS_FROM_BYTES = 512
/** Several times the longest request that is taken anywhere. */
export const INFLATED_BYTES_MAX = 128 * 1024 ** 2
/** Above it zlib works in a thread of its own: below, the way there takes longer. */
const THREAD_FROM_BYTES = 32 * 1024

/** Measured on prose (docs/decisions/0046): 41 % of the length in 126 µs for 10 kB, level 6 gives 38 % in 289 µs. */
const LEVEL = 1

const deflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.deflate)
const inflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate)

export const encodingOf = ({ metadata }: Payload): string => Buffer.from(metadata?.encoding ?? []).toString()

/** The message of a payload, its own encoding included. */
export const bytesOf = (payload: Payload): Uint8Array => Message.encode(payload).finish()

/** Throws an Error where these are no payload's. */
export function payloadOf(bytes: Uint8Array): Payload {
  const { metadata, data, externalPayloads } = Message.decode(bytes)
  return { metadata, data, ...(externalPayloads.length === 0 ? {} : { externalPayloads }) }
}

/** COMPRESSION-1 */
export async function compressed(payload: Payload): Promise<Payload> {
  if ((payload.data?.length ?? 0) < COMPRESS_FROM_BYTES) return payload
  const bytes = bytesOf(payload)
  const data =
    bytes.length < THREAD_FROM_BYTES
      ? zlib.deflateSync(bytes, { level: LEVEL })
      : await deflate(bytes, { level: LEVEL })
  return data.length < bytes.length
    ? { metadata: { encoding: Buffer.from(COMPRESSED_ENCODING) }, data }
    : payload
}

/** One that is not compressed stays as it is. Throws an Error where it is no such payload (COMPRESSION-2). */
export async function inflated(payload: Payload): Promise<Payload> {
  if (encodingOf(payload) !== COMPRESSED_ENCODING) return payload
  const { data = new Uint8Array() } = payload
  const options = { maxOutputLength: INFLATED_BYTES_MAX }
  const bytes =
    (data?.length ?? 0) < THREAD_FROM_BYTES
      ? zlib.inflateSync(data ?? new Uint8Array(), options)
      : await inflate(data ?? new Uint8Array(), options)
  return payloadOf(bytes)
}
