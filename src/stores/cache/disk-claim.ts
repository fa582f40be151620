/**
 * A claim among processes: a file that one of them could create. Its modification time is when.
 *
 * Once it has run out it is renewed in place, never removed and made anew: between the two, two could have it.
 * Who renews holds a second file meanwhile. One that dies there leaves the key unclaimed until that file is cleared
 * away; its entry is then renewed when it is no longer fresh enough, as any other.
 */
import { utimes } from 'node:fs/promises'
import { create, modifiedAt, remove } from './disk-files'

/** Returns whether the claim is the caller's. */
export async function claimFile(file: string, forMs: number, now: () => number): Promise<boolean> {
  const claim = `${file}.claim`
  const handle = await create(claim)
  if (handle !== null) {
    try {
      await handle.utimes(new Date(now()), new Date(now()))
    } finally {
      await handle.close()
    }
    return true
  }
  if (!(await hasRunOut(claim, forMs, now))) return false
  const steal = `${file}.steal`
  const lock = await create(steal)
  if (lock === null) return false
  try {
    await lock.close()
    if (!(await hasRunOut(claim, forMs, now))) return false
    await utimes(claim, new Date(now()), new Date(now()))
    return true
  } finally {
    await remove(steal)
  }
}

/** A claim further in the future than it may last was made under another clock. */
async function hasRunOut(claim: string, forMs: number, now: () => number): Promise<boolean> {
  const claimedAt = await modifiedAt(claim)
  return claimedAt !== null && Math.abs(now() - claimedAt) >= forMs
}
