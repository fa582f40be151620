/**
 * Entries of a store that others can read (a disk, Redis), encrypted.
 *
 * SEALED-1 What is not sealed, or by a key that is not known, is a miss, and stays for whoever wrote it. The latter is logged
 *    once for each key.
 * SEALED-2 What was changed is damaged (STORE-2).
 */
import type { ValueCrypto } from '../../encryption'
import type { BlobStore, StoreDeps } from './types'

/** To a build without keys, the entry of another version: it leaves it alone (ENTRY-FORMAT-2). */
const HEADER = Buffer.from('holdfast-cache 2 sealed\n')

const placeOf = (key: string): string => `cache ${key}`

export function sealedBlobs(
  blobs: BlobStore,
  crypto: ValueCrypto,
  { onTrouble }: Pick<StoreDeps, 'onTrouble'>,
): BlobStore {
  const unknown = new Set<string>()
  return {
    ...blobs,
    async read(key) {
      const bytes = await blobs.read(key)
      if (bytes === null || !bytes.subarray(0, HEADER.length).equals(HEADER)) return null
      const opened = crypto.open(bytes.subarray(HEADER.length), placeOf(key))
      if (opened.state === 'open') return opened.text
      // SEALED-2: the checksum above finds it, and removes it.
      if (opened.state === 'damaged') return Buffer.from('damaged')
      // SEALED-1
      if (!unknown.has(opened.id)) onTrouble({ kind: 'unknown_key', keyId: opened.id })
      unknown.add(opened.id)
      return null
    },
    write: (key, bytes, staleUntil) =>
      blobs.write(key, Buffer.concat([HEADER, crypto.seal(bytes, placeOf(key))]), staleUntil),
  }
}
