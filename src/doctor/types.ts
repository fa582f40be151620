/** What `holdfast doctor` consists of: checks, and what each of them finds. */
import type { Context } from './context'

export const STATUSES = ['ok', 'warn', 'error', 'skipped'] as const
/** `warn`: it works, and not as well as it could. `skipped`: nothing can be said of it. */
export type Status = (typeof STATUSES)[number]

/** For people: no secret stands in either text. */
export interface Finding {
  /** Of the check: `area.name`. Stable: scripts go by it. */
  check: string
  status: Status
  /** What was found, with numbers. */
  message: string
  /** What to do: a command or a setting. null: nothing. */
  fix: string | null
}

export type CheckFinding = Omit<Finding, 'check'>

export interface Check {
  /** `area.name`. */
  id: string
  /** Without these it can't be done: where one of them has an error, or was skipped, this one is skipped. */
  needs?: readonly string[]
  /** Milliseconds. Default: LIMIT_MS of `run.ts`. */
  limitMs?: number
  /** At least one. May throw, and may never end. */
  run(context: Context): Promise<CheckFinding | readonly CheckFinding[]>
}

export const ok = (message: string): CheckFinding => ({ status: 'ok', message, fix: null })
export const warn = (message: string, fix: string): CheckFinding => ({ status: 'warn', message, fix })
export const error = (message: string, fix: string): CheckFinding => ({ status: 'error', message, fix })
export const skipped = (message: string, fix: string | null = null): CheckFinding => ({
  status: 'skipped',
  message,
  fix,
})

export const areaOf = (id: string): string => id.split('.', 1)[0] ?? id
