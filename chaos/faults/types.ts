/** A fault: what is done to the cluster, and what undoes it. */
import type { Cluster } from '../cluster/cluster'

export interface Fault {
  name: string
  /** Of a report: what fails, in plain words. */
  what: string
  /** So long it stands, in milliseconds. */
  holdMs: number
  /** A call may complete whose answer is lost before it is committed (JUDGE-4). */
  losesCommits: boolean
  /** What the machine lacks for it; null: nothing. */
  lacks?(cluster: Cluster): string | null
  /** Before the load begins, and after it. */
  prepare?(cluster: Cluster): Promise<void>
  restore?(cluster: Cluster): Promise<void>
  begin(cluster: Cluster, random: () => number): Promise<Undo>
}

/** Resolves when all that the fault has touched runs again. */
export type Undo = () => Promise<void>
