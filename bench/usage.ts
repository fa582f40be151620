/** What a process takes of the machine. */
import { readdirSync, readFileSync } from 'node:fs'

/** What Linux counts in for user space, on every architecture that Node runs on (USER_HZ = 100). */
const TICK_MS = 10

export interface Usage {
  /** User and system time of all threads since the process's start; null where there is no way to know. */
  cpuMs: number | null
  /** Resident memory; null where there is no way to know. */
  rssBytes: number | null
  /** Open files and sockets; null where there is no way to know. */
  handles: number | null
}

/** Of any process; by `/proc`, so that elsewhere than on Linux nothing is known. */
export const usageOf = (pid: number): Usage => ({
  cpuMs: known(() => cpuMsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))),
  rssBytes: known(() => rssBytesOf(readFileSync(`/proc/${pid}/status`, 'utf8'))),
  handles: known(() => readdirSync(`/proc/${pid}/fd`).length),
})

/** This process's own. */
export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage()
  return {
    cpuMs: (user + system) / 1_000,
    rssBytes: process.memoryUsage.rss(),
    handles: usageOf(process.pid).handles,
  }
}

/** Of several: null where one is not known. */
export function sumOf(usages: readonly Usage[]): Usage {
  const sum = (key: keyof Usage) =>
    usages.reduce<number | null>((total, { [key]: value }) => plus(total, value), 0)
  return { cpuMs: sum('cpuMs'), rssBytes: sum('rssBytes'), handles: sum('handles') }
}

const plus = (one: number | null, other: number | null) =>
  one === null || other === null ? null : one + other

/** Field 2, the name, may hold blanks and brackets: count from its end. utime and stime are 14 and 15. */
function cpuMsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

const rssBytesOf = (status: string): number | null => {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  return kibibytes === undefined ? null : Number(kibibytes) * 1_024
}

function known<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    // Not Linux, or it has gone.
    return null
  }
}
