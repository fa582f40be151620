/** CPU time of another process, all its threads, user and system. */
import { readFileSync } from 'node:fs'

/** What Linux counts in for user space, on every architecture that Node runs on (USER_HZ = 100). */
const TICK_MS = 10

/** Milliseconds since its start; null where there is no /proc, and so no way to know. */
export function processCpuMs(pid: number): number | null {
  try {
    // Field 2, the name, may hold blanks and brackets: count from its end. utime and stime are 14 and 15.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    // Not Linux, or it has gone.
    return null
  }
}

/** This process's own. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
