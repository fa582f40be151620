/**
 * One server per database file. Two on one file start without complaint and corrupt each other's view,
 * and a server whose Holdfast was killed may still be going when the next one comes.
 *
 * Invariants:
 *   L1 While a live process holds the lock, nobody else gets it.
 *   L2 Taking over a lock whose owner is dead ends the server it left behind, first.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedServerError } from './errors'
import { kill } from './guarded-server'

interface Holder {
  ownerPid: number
  /** 0 until the server runs. */
  serverPid: number
}

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
  const file = `${dataFile}.lock`
  const takenOver = !create(file)
  if (takenOver) {
    const holder = read(file)
    if (holder && holder.ownerPid !== process.pid && alive(holder.ownerPid)) {
      throw new EmbeddedServerError(
        'data_in_use',
        `${dataFile} is in use by process ${holder.ownerPid}: another Holdfast runs on it; stop it, or name another directory with --data`,
      )
    }
    if (holder && holder.serverPid > 0) await endLeftover(holder.serverPid, dataFile)
    write(file, { ownerPid: process.pid, serverPid: 0 })
  }
  return {
    takenOver,
    serverStarted: (serverPid) => write(file, { ownerPid: process.pid, serverPid }),
    release: () => rmSync(file, { force: true }),
  }
}

function create(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify({ ownerPid: process.pid, serverPid: 0 }), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function write(file: string, holder: Holder): void {
  const next = `${file}.${process.pid}`
  writeFileSync(next, JSON.stringify(holder))
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

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
