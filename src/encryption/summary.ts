/** What the keys of a process do, in words and as data: ids, and never a key. */
import type { EncryptionKeys } from './keys'

export interface EncryptionSummary {
  /** The key that encrypts; null: nothing is encrypted. */
  writes: string | null
  /** All keys that are there. */
  reads: string[]
}

export const encryptionSummary = (keys: EncryptionKeys | null): EncryptionSummary => ({
  writes: keys?.writing?.id ?? null,
  reads: [...(keys?.reading.keys() ?? [])],
})

export function encryptionText({ writes, reads }: EncryptionSummary): string {
  const others = reads.filter((id) => id !== writes)
  const reading =
    others.length === 0 ? '' : `; ${others.join(', ')} ${others.length === 1 ? 'reads' : 'read'}`
  if (writes !== null) return `on, by the key ${writes}${reading}`
  return reads.length === 0
    ? 'off: prompts and answers stand in plain in Temporal, on disks and in Redis'
    : `not yet: what is written stays plain${reading}`
}
