/** What the command line uses of the doctor. */

import { CHECKS } from './checks'
import { type DoctorOptions, openContext } from './context'
import { runChecks } from './run'
import type { Check, Finding, Status } from './types'

export { selectChecks } from './checks'
export type { DoctorOptions } from './context'
export { areaOf, type Finding, STATUSES, type Status } from './types'

/** As `--json` prints it. Fields are added, never renamed: `version` counts the other changes. */
export interface DoctorReport {
  version: 1
  /** When it ended, epoch milliseconds. */
  at: number
  /** No finding is an error. */
  ok: boolean
  counts: { [status in Status]: number }
  findings: Finding[]
}

/** `onFinding` is called with each as it comes. Never rejects for what it finds. */
export async function examine(
  options: DoctorOptions,
  checks: readonly Check[] = CHECKS,
  onFinding?: (finding: Finding) => void,
): Promise<DoctorReport> {
  const context = openContext(options)
  try {
    const findings = await runChecks(checks, context, onFinding)
    const counts = { ok: 0, warn: 0, error: 0, skipped: 0 }
    for (const { status } of findings) counts[status] += 1
    return { version: 1, at: Date.now(), ok: counts.error === 0, counts, findings }
  } finally {
    await context.close()
  }
}
