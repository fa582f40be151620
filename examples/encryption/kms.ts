/**
 * What the codec asks of a key management service, and a stand-in for one. The real client goes in place of `standInKms`:
 * README.md has it for AWS KMS.
 */
import { randomBytes } from 'node:crypto'
import { seal, unseal } from './aes'

const KEY_BYTES = 32

export interface DataKey {
  /** 32 bytes. They never leave the process. */
  secret: Buffer
  /** The secret, encrypted by the service's own key: it stands beside what the data key encrypts. */
  wrapped: Buffer
}

/** Both reject when the signal is aborted. */
export interface Kms {
  newDataKey(signal: AbortSignal): Promise<DataKey>
  /** @returns the secret. Rejects where it was not wrapped by this service's key */
  unwrap(wrapped: Buffer, signal: AbortSignal): Promise<Buffer>
}

/** For tests and for a first look: its own key stands in this process. `master`: 32 bytes. */
export const standInKms = (master: Buffer): Kms => ({
  async newDataKey() {
    const secret = randomBytes(KEY_BYTES)
    return { secret, wrapped: seal(master, secret) }
  },
  unwrap: async (wrapped) => unseal(master, wrapped),
})
