/**
 * One process per file: a lock file beside it names the owner, and what it has to be cleared away after it.
 *
 * Invariants:
 * OWNER-LOCK-1 While a live process holds the lock, nobody else gets it.
 * OWNER-LOCK-2 On Linux a later process with a dead owner's id is not taken for it. Elsewhere, and for a lock
 *    that does not name its owner's start, the id alone counts, but for our own: that is never another
 *    process.
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
  if (holder !== null && holder.ownerPid !== process.pid && owns(holder))
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
  /** Distinguishes the owner from a later process with its id; null: not known (OWNER-LOCK-2). */
  ownerStart: string | null
  /** The note; its name is that of the first user. */
  serverPid: number
}

const holderText = (serverPid: number): string =>
  JSON.stringify({
    ownerPid: process.pid,
    ownerStart: startOf(process.pid),
    serverPid,
  } satisfies Holder)

function create(file: string): boolean {
  try {
    writeFileSync(file, holderText(0), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function write(file: string, note: number): void {
  const next = `${file}.${process.pid}`
  writeFileSync(next, holderText(note), { mode: 0o600 })
  renameSync(next, file)
}

function read(file: string): Holder | null {
  try {
    const { ownerPid, ownerStart, serverPid } = JSON.parse(readFileSync(file, 'utf8'))
    if (!Number.isInteger(ownerPid) || !Number.isInteger(serverPid)) return null
    return { ownerPid, ownerStart: typeof ownerStart === 'string' ? ownerStart : null, serverPid }
  } catch {
    // Cut by a power loss, or just removed: then nobody holds it.
    return null
  }
}

/** Does the process live that took the lock? */
function owns({ ownerPid, ownerStart }: Holder): boolean {
  const start = ownerStart === null ? null : startOf(ownerPid)
  return (start === null || start === ownerStart) && alive(ownerPid)
}

/** In ticks since the boot, with that boot's id. null: not Linux, or there is no such process. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22. The second is the program's name, which may hold blanks and brackets; the third is the first here.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return ticks === undefined ? null : `${boot}/${ticks}`
  } catch {
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
