/**
 * One process per file: a lock file beside it names the owner, and what it has to be cleared away after it.
 *
 * Invariants:
 *   L1 While a live process holds the lock, nobody else gets it.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export interface OwnerLock {
  /** The note of a dead owner before; 0: none, or there was nobody. */
  left: number
  /** Was there a dead owner before? */
  takenOver: boolean
  /** A number for whoever takes the lock over after this process has died. */
  note(value: number): void
  release(): void
}

export type OwnerLockResult = { ok: true; lock: OwnerLock } | { ok: false; ownerPid: number }

/** `file`: the lock itself. Not for two that take over from one dead owner in the same instant. */
export function lockOwner(file: string): OwnerLockResult {
  const takenOver = !create(file)
  const holder = takenOver ? read(file) : null
  if (holder !== null && holder.ownerPid !== process.pid && alive(holder.ownerPid))
    return { ok: false, ownerPid: holder.ownerPid }
  const left = holder?.serverPid ?? 0
  // With its note: should this process die before it has cleared away, the next one still knows.
  if (takenOver) write(file, left)
  return {
    ok: true,
    lock: {
      left,
      takenOver,
      note: (value) => write(file, value),
      release: () => rmSync(file, { force: true }),
    },
  }
}

interface Holder {
  ownerPid: number
  /** The note; its name is that of the first user. */
  serverPid: number
}

const holderText = (serverPid: number): string =>
  JSON.stringify({ ownerPid: process.pid, serverPid } satisfies Holder)

function create(file: string): boolean {
  try {
    writeFileSync(file, holderText(0), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function write(file: string, note: number): void {
  const next = `${file}.${process.pid}`
  writeFileSync(next, holderText(note))
  renameSync(next, file)
}

function read(file: string): Holder | null {
  try {
    const { ownerPid, serverPid } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(ownerPid) && Number.isInteger(serverPid) ? { ownerPid, serverPid } : null
  } catch {
    // Cut by a power loss, or just removed: then nobody holds it.
    return null
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
