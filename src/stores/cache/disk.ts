/**
 * On disk, a file per entry: `<folder>/ab/ab12…`. The file system is the index, and all that processes share.
 * docs/decisions/0013 says why it is no database.
 *
 * DISK-1 A file is whole or not there under its name, whoever is killed: it is written beside it and renamed.
 *    A power cut may leave a broken one; the entry's checksum finds it.
 * DISK-2 A file's modification time is the instant until which its entry is of use, so that clearing away
 *    reads none.
 * DISK-3 `maxBytes` is kept without a common count: each process scans the folder when it has written a tenth of it, in
 *    the background, and leaves four fifths at most; what expires soonest goes first. So two processes that
 *    write at once stay within it, but for what they write during a scan, and each further one may add a
 *    tenth.
 * DISK-4 Only files of our own naming are ever removed.
 */
import path from 'node:path'
import { claimFile } from './disk-claim'
import { type CacheFile, readIfThere, remove, removeAll, scan, writeWhole } from './disk-files'
import type { BlobStore, StoreDeps } from './types'

const SCAN_AFTER_SHARE = 0.1
const LEAVE_SHARE = 0.8

/** A temporary file or a steal this old belongs to nobody alive; a claim this old is past any attempt's timeout. */
const LEFTOVER_MS = { tmp: 10 * 60_000, steal: 60_000, claim: 24 * 3_600_000 } as const

export function diskBlobs(folder: string, maxBytes: number, { now, onTrouble }: StoreDeps): BlobStore {
  const fileOf = (key: string): string => path.join(folder, key.slice(0, 2), key)
  // The first write scans too: another process, or another limit, may have filled the folder.
  let unscannedBytes = Number.POSITIVE_INFINITY
  let scanning: Promise<void> | null = null

  async function clearAway(): Promise<void> {
    const entries: CacheFile[] = []
    for await (const one of scan(folder)) {
      if (one.kind === 'entry') entries.push(one)
      else if (now() - one.changedAt > LEFTOVER_MS[one.kind]) await remove(one.file)
    }
    await removeAll(surplus(entries, maxBytes, now()).map(({ file }) => file))
  }

  const isDue = (): boolean => unscannedBytes >= maxBytes * SCAN_AFTER_SHARE

  /** One scan at a time, until all that was written meanwhile has been scanned too. */
  async function cleanUp(): Promise<void> {
    while (isDue()) {
      unscannedBytes = 0
      await clearAway().catch((error: unknown) => onTrouble({ kind: 'cleanup_failed', error }))
    }
    scanning = null
  }

  return {
    read: (key) => readIfThere(fileOf(key)),
    async write(key, bytes, staleUntil) {
      if (bytes.length > maxBytes * LEAVE_SHARE) return
      await writeWhole(fileOf(key), bytes, staleUntil)
      unscannedBytes += bytes.length
      if (scanning === null && isDue()) scanning = cleanUp()
    },
    claim: (key, forMs) => claimFile(fileOf(key), forMs, now),
    delete: (key) => remove(fileOf(key)),
    async purge() {
      const files: { [kind in CacheFile['kind']]: string[] } = { entry: [], claim: [], steal: [], tmp: [] }
      for await (const { kind, file } of scan(folder)) files[kind].push(file)
      await removeAll(files.claim)
      return removeAll(files.entry)
    },
    async stats() {
      let entries = 0
      let bytes = 0
      for await (const one of scan(folder)) {
        if (one.kind !== 'entry') continue
        entries += 1
        bytes += one.bytes
      }
      return { store: 'disk', entries, bytes, maxBytes }
    },
    async close() {
      await scanning
    },
  }
}

/** What has expired, and what has to go besides (DISK-3). */
function surplus(entries: readonly CacheFile[], maxBytes: number, now: number): CacheFile[] {
  const soonest = entries.toSorted((a, b) => a.modifiedAt - b.modifiedAt)
  let left = soonest.reduce((total, { bytes }) => total + bytes, 0)
  const firstKept = soonest.findIndex(({ modifiedAt, bytes }) => {
    if (modifiedAt > now && left <= maxBytes * LEAVE_SHARE) return true
    left -= bytes
    return false
  })
  return firstKept < 0 ? soonest : soonest.slice(0, firstKept)
}
