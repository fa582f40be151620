/** Disks that are full: a file fills what is left, and is removed. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Cluster } from '../cluster/cluster'
import type { Fault } from './types'

const HOLD_MS = 12_000
const CHUNK = Buffer.alloc(1024 * 1024)
/** Of a disk that is not small, something is wrong. */
const FILLS_MAX_MB = 2_048

/** Fills the disk that the folder is on, to the last byte. */
function fill(folder: string): () => void {
  const file = path.join(folder, 'filler')
  const handle = openSync(file, 'w')
  try {
    for (let chunk: Buffer = CHUNK, written = 0; chunk.length > 0; ) {
      try {
        writeSync(handle, chunk)
        written += 1
        if (written > FILLS_MAX_MB) throw new Error(`the disk of ${folder} is not a small one of its own`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        chunk = chunk.subarray(0, Math.floor(chunk.length / 2))
      }
    }
  } finally {
    closeSync(handle)
  }
  return () => rmSync(file, { force: true })
}

const lacks = ({ disks }: Cluster): string | null =>
  disks.small ? null : 'a small disk of its own, which only root can mount'

export const diskFaults: readonly Fault[] = [
  {
    name: 'postgresql-disk-full',
    what: "PostgreSQL's disk is full, and has room again",
    holdMs: HOLD_MS,
    losesCommits: false,
    lacks,
    async begin({ disks, postgresql }) {
      const empty = fill(disks.postgresql)
      return async () => {
        empty()
        // Where it could not write its log it has ended itself: whoever runs it starts it again.
        if (!postgresql.isRunning()) await postgresql.start()
      }
    },
  },
  {
    name: 'redis-disk-full',
    what: "Redis' disk is full, so that it refuses writes, and has room again",
    holdMs: HOLD_MS,
    losesCommits: true,
    lacks,
    async begin({ disks, redis }) {
      const empty = fill(disks.redis)
      return async () => {
        empty()
        if (!redis.isRunning()) await redis.start()
      }
    },
  },
  {
    name: 'cache-disk-full',
    what: 'the disk of the cache is full, on all workers, and has room again',
    holdMs: HOLD_MS,
    losesCommits: false,
    lacks,
    prepare: ({ useConfig }) => useConfig('disk'),
    restore: ({ useConfig }) => useConfig('redis'),
    async begin({ disks }) {
      const empty = fill(disks.cache)
      return async () => empty()
    },
  },
]
