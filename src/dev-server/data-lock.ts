/**
 * One server per database file. Two on one file start without complaint and corrupt each other's view,
 * and a server whose Holdfast was killed may still be going when the next one comes.
 *
 * Invariants:
 * DATA-LOCK-1 While a live process holds the lock, nobody else gets it (`owner-lock.ts`).
 * DATA-LOCK-2 Taking over a lock whose owner is dead ends the server it left behind, first.
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedServerError } from '../temporal/errors'
import { alive, lockOwner } from './owner-lock'
import { kill } from './watched-server'

export interface DataLock {
  /** Was there a dead owner before? Then its ports may still be going. */
  takenOver: boolean
  serverStarted(serverPid: number): void
  release(): void
}

/** The guard of a dead owner ends its server within 2 s; after this, it is killed. */
const LEFTOVER_GRACE_MS = 4_000

/** @throws EmbeddedServerError `data_in_use` while another live Holdfast holds the file. */
export async function lockData(dataFile: string): Promise<DataLock> {
  const taken = lockOwner(`${dataFile}.lock`)
  if (!taken.ok) {
    throw new EmbeddedServerError(
      'data_in_use',
      `${dataFile} is in use by process ${taken.ownerPid}: another Holdfast runs on it; stop it, or name another directory with --data`,
    )
  }
  const { left, takenOver, note, release } = taken.lock
  if (left > 0) await endLeftover(left, dataFile)
  if (takenOver) note(0)
  return { takenOver, serverStarted: note, release }
}

async function endLeftover(pid: number, dataFile: string): Promise<void> {
  const until = Date.now() + LEFTOVER_GRACE_MS
  while (serves(pid, dataFile)) {
    if (Date.now() > until) kill(pid)
    await sleep(50)
  }
}

/** A process id may have a new owner by now: only a process that names the file is the server. */
function serves(pid: number, dataFile: string): boolean {
  if (!alive(pid)) return false
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(
      dataFile,
    )
  } catch {
    // `ps` ends with 1 when the process has gone; where there is no `ps`, the port check has the last word.
    return false
  }
}
