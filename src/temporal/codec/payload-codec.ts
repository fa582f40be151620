/**
 * Payloads encrypted by AES-256-GCM: what stands in Temporal is unreadable without the key. The form is that of Temporal's
 * samples: encoding `binary/encrypted`, the key's id in `encryption-key-id`, and as data nonce, encrypted payload, tag.
 *
 * PAYLOAD-CODEC-1 The whole payload is encrypted, its own metadata too: nothing outside of the seal decides how it is read.
 * PAYLOAD-CODEC-2 A payload is bound to no workflow: Temporal copies payloads from one to another (memos, inputs of children,
 *    continue-as-new, schedules), and they have to be read there.
 * PAYLOAD-CODEC-3 What is not encrypted is read as it is: it was written before there were keys.
 * PAYLOAD-CODEC-4 What can't be read throws, whatever the reason, and never becomes a value: a workflow task then fails and is
 *    tried again, and a generation goes on when the key is there.
 */
import type { Payload, PayloadCodec } from '@temporalio/common'
import { ENCRYPTION_KEYS_ENV, type EncryptionKeys, seal, unknownKeyText, unseal } from '../../encryption'
import { bytesOf, compressed, encodingOf, inflated, payloadOf } from './compression'

export const ENCRYPTED_ENCODING = 'binary/encrypted'
export const KEY_ID_FIELD = 'encryption-key-id'

/** A payload can't be read. Its message says what to do. */
export class PayloadUnreadableError extends Error {
  override readonly name = 'PayloadUnreadableError'
}

/** `keys.writing` null: nothing is encrypted, and all that was is read. */
export function payloadCodec({ writing, reading }: EncryptionKeys): PayloadCodec {
  return {
    encode: async (payloads) =>
      writing === null
        ? payloads
        : Promise.all(
            payloads.map(async (payload) => {
              const text = bytesOf(await compressed(payload))
              return {
                metadata: {
                  encoding: Buffer.from(ENCRYPTED_ENCODING),
                  [KEY_ID_FIELD]: Buffer.from(writing.id),
                },
                data: seal(writing.secret, text),
              }
            }),
          ),
    decode: (payloads) => Promise.all(payloads.map(decrypted)),
  }

  async function decrypted(payload: Payload): Promise<Payload> {
    // PAYLOAD-CODEC-3
    if (encodingOf(payload) !== ENCRYPTED_ENCODING) return payload
    const id = Buffer.from(payload.metadata?.[KEY_ID_FIELD] ?? []).toString()
    const key = reading.get(id)
    if (key === undefined) throw new PayloadUnreadableError(missingText(id, reading))
    const text = unseal(key.secret, payload.data ?? new Uint8Array())
    if (text === null)
      throw new PayloadUnreadableError(
        `A payload that says it was encrypted by the key "${id}" can't be decrypted by it: it was changed or cut, or another key had this id`,
      )
    return inflated(payloadOf(text))
  }
}

const missingText = (id: string, { size }: EncryptionKeys['reading']): string =>
  size === 0
    ? `A payload was encrypted${id === '' ? '' : ` by the key "${id}"`}, and this process has no keys: set ${ENCRYPTION_KEYS_ENV} (docs/encryption.md), or bring the data converter that wrote it`
    : unknownKeyText('A payload', id)

/**
 * Of a process without keys. It refuses what is encrypted before a workflow could take it for a failure of its own
 * (PAYLOAD-CODEC-4), and leaves the rest alone.
 */
export const plainCodec: PayloadCodec = payloadCodec({ writing: null, reading: new Map() })
