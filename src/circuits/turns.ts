/**
 * Whose turn it is: workers share what an entity can take, and no one has to coordinate them. Each has its own part of
 * an interval, by its place among the pollers of the task queue.
 */
import type { Peers } from './peers'

/** How much of an interval each worker has. */
export interface Turns {
  leastIntervalMs: number
  perWorkerMs: number
}

export const intervalOf = (
  { count }: Pick<Peers, 'count'>,
  { leastIntervalMs, perWorkerMs }: Turns,
): number => Math.max(leastIntervalMs, count() * perWorkerMs)

/** Where in an interval this worker's turn is. */
export const offsetOf = (peers: Pick<Peers, 'count' | 'rank'>, turns: Turns): number =>
  Math.round((peers.rank() * intervalOf(peers, turns)) / peers.count())

/** The first turn of this worker at `from` or after it, epoch milliseconds. */
export function nextTurn(
  peers: Pick<Peers, 'count' | 'rank'>,
  turns: Turns,
  from: number,
  offsetMs = offsetOf(peers, turns),
): number {
  const intervalMs = intervalOf(peers, turns)
  return Math.ceil((from - offsetMs) / intervalMs) * intervalMs + offsetMs
}
