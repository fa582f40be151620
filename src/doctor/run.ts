/**
 * Runs the checks, all at the same time but for those that need others.
 *
 * DOCTOR-1 Whatever one check does, throw, hang or find nothing, all others are done and reported.
 * DOCTOR-2 None takes longer than its limit: what has no answer by then is a finding as well.
 * DOCTOR-3 No finding holds a secret of this environment (secrets.ts).
 * DOCTOR-4 A finding is one line of bounded length, without control characters: servers have a part in it.
 */
import { reasonOf } from '../temporal/errors'
import { inTime, TooLateError } from '../util/async'
import type { Context } from './context'
import { createTextFilter } from './secrets'
import { type Check, type CheckFinding, error, type Finding, skipped } from './types'

/** DOCTOR-2, milliseconds. */
export const LIMIT_MS = 5_000

/** `onFinding` is called with each as it comes; the list is in the order of `checks`. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  context: Context,
  onFinding: (finding: Finding) => void = () => undefined,
): Promise<Finding[]> {
  const filter = createTextFilter(context)
  const running = new Map<string, Promise<Finding[]>>()
  for (const check of checks) {
    const needed = (check.needs ?? []).map((id) => running.get(id) ?? Promise.resolve([]))
    const findings = Promise.all(needed).then(async (before) => {
      const blocking = before.flat().find(({ status }) => status === 'error' || status === 'skipped')
      const found = blocking === undefined ? await findingsOf(check, context) : [blockedBy(blocking)]
      const named = await Promise.all(
        found.map(async (finding): Promise<Finding> => ({ check: check.id, ...(await filter(finding)) })),
      )
      for (const finding of named) onFinding(finding)
      return named
    })
    running.set(check.id, findings)
  }
  return (await Promise.all(running.values())).flat()
}

const BLOCKED = 'not looked at: see '

/** Of a chain of checks that need each other the first one is named. */
const blockedBy = ({ check, message }: Finding): CheckFinding =>
  skipped(message.startsWith(BLOCKED) ? message : `${BLOCKED}${check}`)

/** DOCTOR-1 */
async function findingsOf(check: Check, context: Context): Promise<readonly CheckFinding[]> {
  const { id, limitMs = LIMIT_MS, run } = check
  try {
    // A check that throws before its first await is one that rejects.
    const found = await inTime(limitMs, (async () => run(context))())
    const findings = Array.isArray(found) ? found : [found]
    return findings.length > 0 ? findings : [skipped('nothing to look at')]
  } catch (thrown) {
    const again = `run it again: holdfast doctor --only ${id}`
    return thrown instanceof TooLateError
      ? [error(`no answer within ${limitMs / 1_000} s`, again)]
      : [error(`the check failed: ${reasonOf(thrown)}`, again)]
  }
}
