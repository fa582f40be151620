/** What a worker goes by of the others, from what the entity has published last. */
import type { PublishedLimit } from '../domain/limits/sharing'
import type { OthersPart } from './meter'

export interface Own {
  /** Of what is published, epoch milliseconds. */
  at: number
  /** What this worker has reported as used; null: what is published knows nothing of it. */
  reported: number | null
  /** Taken in the window, and waiting. */
  need: number
  /** In the fleet, this one included. */
  workers: number
  now: number
  /** What is older counts no more. */
  leaseMs: number
}

/** Where nothing is published, or nothing of this worker, it has an equal part. */
export function othersPart(
  published: PublishedLimit | undefined,
  { at, reported, need, workers, now, leaseMs }: Own,
): OthersPart {
  const equal = 1 / workers
  if (published === undefined || now - at > leaseMs) return { used: null, at: now, share: equal }
  const { used, level, spare, amount } = published
  if (reported === null) return { used, at, share: equal }
  const part = Math.min(need, level ?? need) + spare / Math.max(1, published.workers)
  return { used: Math.max(0, used - reported), at, share: part / amount }
}
