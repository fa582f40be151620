/**
 * Envelope encryption of all that Temporal keeps of a generation (prompts, answers, attempts, memos): a data key of a key
 * management service encrypts payloads, and stands beside each, wrapped by the service's own key. Give the codec to every client and
 * worker: `createHoldfast({ dataConverter: { payloadCodecs: [codec] } })`.
 *
 * KMS-1 The service is asked for a data key now and then, not for each payload: one is used for `keepMs` at most. From `renewAfterMs`
 *    on a new one is asked for in the background, so that a service that is away for less than the rest of that time keeps nobody
 *    waiting.
 * KMS-2 What it has unwrapped is kept for `keepMs` at most, and so is its number. Those who need the same one at once ask once.
 * KMS-3 Where it does not answer, KmsUnavailableError is thrown: Temporal tries workflow tasks and activities again, and a client's
 *    caller gets a HoldfastError of the kind `unavailable`. A failure is never kept.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { temporal } from '@temporalio/proto'
import { seal, unseal } from './aes'
import type { DataKey, Kms } from './kms'

const Message = temporal.api.common.v1.Payload

/** Temporal's samples name it so: a process without a codec knows by it what it can't read. */
const ENCODING = 'binary/encrypted'
const WRAPPED_KEY = 'encrypted-data-key'
const TRIES = 3
const PAUSE_MS = 100

export class KmsUnavailableError extends Error {
  override readonly name = 'KmsUnavailableError'
}

export interface KmsCodecOptions {
  /** Default: 5 minutes. */
  renewAfterMs?: number
  /** Default: an hour, in which no process comes near the 2^32 payloads that AES-GCM allows one key. */
  keepMs?: number
  /** Unwrapped keys that are kept: one for each process and `renewAfterMs` that wrote what is read. Default: 1,000. */
  keysMax?: number
  /** Of a question, its tries together: below the 2 s in which a start has to reach Temporal. Default: 1.5 s. */
  timeoutMs?: number
  /** Milliseconds. Default: Date.now. */
  now?: () => number
}

export interface KmsCodec extends PayloadCodec {
  /** Fetches the first data key. Await it before a worker starts. Throws KmsUnavailableError. */
  ready(): Promise<void>
}

export function kmsCodec(
  kms: Kms,
  {
    renewAfterMs = 300_000,
    keepMs = 3_600_000,
    keysMax = 1_000,
    timeoutMs = 1_500,
    now = Date.now,
  }: KmsCodecOptions = {},
): KmsCodec {
  let writing: (DataKey & { at: number }) | null = null
  let renewal: Promise<DataKey> | null = null
  const unwrapped = new Map<string, { secret: Promise<Buffer>; at: number }>()

  /** KMS-3 */
  async function ask<T>(what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMs)
    for (let tried = 1; ; tried += 1)
      try {
        return await call(signal)
      } catch (cause) {
        if (tried === TRIES || signal.aborted) {
          const reason = cause instanceof Error ? cause.message : String(cause)
          throw new KmsUnavailableError(`The KMS could not ${what}: ${reason}`, { cause })
        }
        await pause(PAUSE_MS * tried)
      }
  }

  async function newKey(): Promise<DataKey> {
    const key = await ask('make a data key', (signal) => kms.newDataKey(signal))
    writing = { ...key, at: now() }
    keep(key.wrapped.toString('base64'), Promise.resolve(key.secret))
    return key
  }

  function renewed(): Promise<DataKey> {
    renewal ??= newKey().finally(() => {
      renewal = null
    })
    return renewal
  }

  /** KMS-1 */
  async function writingKey(): Promise<DataKey> {
    const ageMs = writing === null ? keepMs : now() - writing.at
    if (writing === null || ageMs >= keepMs) return renewed()
    if (ageMs >= renewAfterMs) renewed().catch(() => undefined)
    return writing
  }

  function keep(id: string, secret: Promise<Buffer>): void {
    unwrapped.delete(id)
    unwrapped.set(id, { secret, at: now() })
    const [oldest] = unwrapped.keys()
    if (unwrapped.size > keysMax && oldest !== undefined) unwrapped.delete(oldest)
  }

  /** KMS-2 */
  function secretOf(wrapped: Buffer): Promise<Buffer> {
    const id = wrapped.toString('base64')
    const known = unwrapped.get(id)
    if (known !== undefined && now() - known.at < keepMs) return known.secret
    const secret = ask('unwrap a data key', (signal) => kms.unwrap(wrapped, signal))
    keep(id, secret)
    secret.catch(() => {
      if (unwrapped.get(id)?.secret === secret) unwrapped.delete(id)
    })
    return secret
  }

  async function decrypted(payload: Payload): Promise<Payload> {
    // From before the codec was in use.
    if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== ENCODING) return payload
    const secret = await secretOf(Buffer.from(payload.metadata?.[WRAPPED_KEY] ?? []))
    return Message.decode(unseal(secret, payload.data ?? new Uint8Array()))
  }

  return {
    async ready() {
      await writingKey()
    },
    async encode(payloads) {
      if (payloads.length === 0) return payloads
      const { secret, wrapped } = await writingKey()
      return payloads.map((payload) => ({
        metadata: { encoding: Buffer.from(ENCODING), [WRAPPED_KEY]: wrapped },
        data: seal(secret, Message.encode(payload).finish()),
      }))
    },
    decode: (payloads) => Promise.all(payloads.map(decrypted)),
  }
}
