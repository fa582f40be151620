/** What a run has waited for: a provider's Retry-After, a circuit, the next pass, a worker. */
import { LIMIT_CODE, lackedTurn, PAYLOADS_CODE, refusedByCircuit, ruleOf } from '../domain/failures/failure'
import type { CallAttempts } from './attempts'
import type { RunSteps } from './step-types'
import type { Timer } from './timers'
import type { Attempt, RunPlan, Wait, WaitReason } from './types'

/** A worker that takes its work sooner is not worth a word. */
const WORKER_WAIT_MS = 1_000
/** A timer is set by the workflow's time, and what it waits for by a worker's: they differ by the way between the two. */
const SAME_INSTANT_MS = 2_000

type Bare = Omit<Wait, 'offsetMs'>

interface Before {
  plans: readonly RunPlan[]
  plansBefore: number
  /** Its route waits for a key where each candidate lacks one. */
  parks: boolean
}

export function waitsOf(
  steps: RunSteps,
  calls: readonly CallAttempts[],
  { plans, plansBefore, parks }: Before,
): Bare[] {
  const timers = steps.timers.filter((timer) => !boundsLosers(timer, steps))
  return [
    ...timers.map((timer) => timerWait(timer, calls, plans[plansBefore + (timer.plan ?? 0)], parks)),
    ...calls.flatMap(retryWaits),
    ...calls.flatMap(workerWait),
    ...taskWaits(steps),
  ]
}

/** It bounds how long the records of calls are waited for that are cancelled with it, or were by the caller before. */
const boundsLosers = ({ completedId, startedAt }: Timer, { cancels }: RunSteps): boolean =>
  cancels.some(({ taskId, at }) => (taskId === null ? at <= startedAt : taskId === completedId))

function timerWait(
  timer: Timer,
  calls: readonly CallAttempts[],
  plan: RunPlan | undefined,
  parks: boolean,
): Bare {
  const { startedAt, endedAt, until, endedBy, running } = timer
  const durationMs = endedAt === null ? null : Math.max(0, endedAt - startedAt)
  const bare = { startedAt, until, durationMs, endedBy }
  if (running.length > 0) return { reason: 'hedge', targets: running, ...bare }
  const key = parks ? forKey(timer, calls, plan) : null
  return { ...bare, ...(key ?? pauseReason(timer, calls, plan)) }
}

/** null: some candidate lacks no key. Between two passes of such a route it is the same wait, if a short one. */
function forKey(
  { startedAt }: Timer,
  calls: readonly CallAttempts[],
  plan: RunPlan | undefined,
): Pick<Wait, 'reason' | 'targets'> | null {
  const failed = lastAttempts(calls, startedAt).filter(({ failure }) => failure !== null)
  const lacking = failed.filter(({ failure }) => failure !== null && ruleOf(failure.class).lacksKey)
  const keptOut = failed.filter(({ failure }) => failure !== null && refusedByCircuit(failure))
  const unusable = plan?.unusable ?? []
  if (lacking.length + unusable.length === 0 || lacking.length + keptOut.length < failed.length) return null
  return { reason: 'key', targets: targetsOf(lacking) }
}

/** Nothing runs: for what? */
function pauseReason(
  { startedAt, until, wakeAt }: Timer,
  calls: readonly CallAttempts[],
  plan: RunPlan | undefined,
): Pick<Wait, 'reason' | 'targets'> & { until?: number } {
  const last = lastAttempts(calls, startedAt)
  const held = last.filter(({ startedAt: began, durationMs, failure }) => {
    if (failure?.retryAfterMs === undefined || refusedByCircuit(failure)) return false
    return Math.abs(began + (durationMs ?? 0) + failure.retryAfterMs - wakeAt) < SAME_INSTANT_MS
  })
  if (held.length > 0) return { reason: 'retry_after', targets: targetsOf(held) }
  const blocked = plan?.blocked ?? []
  const refused = last.filter(({ failure }) => failure !== null && refusedByCircuit(failure))
  const targets = [...new Set([...blocked.map(({ target }) => target), ...targetsOf(refused)])]
  if (targets.length === 0) return { reason: 'pass', targets: [] }
  // Till then at the latest: the circuits are read again on the way.
  const known = blocked.flatMap((one) => (one.until === null ? [] : [one.until]))
  return { reason: 'circuit', targets, until: known.length === 0 ? until : Math.min(...known) }
}

/** Of each candidate, before this instant. */
function lastAttempts(calls: readonly CallAttempts[], before: number): Attempt[] {
  const ended = calls.filter(({ call }) => call.closedAt !== null && call.closedAt <= before)
  const attempts = ended.flatMap(({ attempts }) => attempts)
  return [...new Map(attempts.map((attempt) => [attempt.candidate, attempt])).values()]
}

const targetsOf = (attempts: readonly Attempt[]): string[] => attempts.map(({ target }) => target)

/** The pauses of a call between its attempts. */
function retryWaits({ call, attempts, nextAt }: CallAttempts): Bare[] {
  return attempts.flatMap((attempt, index): Bare[] => {
    const { target, durationMs, retryInMs } = attempt
    if (!retryInMs || durationMs === null) return []
    const startedAt = attempt.startedAt + durationMs
    const next = attempts[index + 1]?.startedAt
    const ended = next ?? call.closedAt
    return [
      {
        reason: retryReason(attempt, retryInMs),
        targets: [target],
        startedAt,
        until: next === undefined && nextAt !== null ? nextAt : startedAt + retryInMs,
        durationMs: ended === null ? null : Math.max(0, ended - startedAt),
        endedBy: ended === null ? null : next === undefined ? 'other' : 'time',
      },
    ]
  })
}

const TURNS = new Map<string | undefined, WaitReason>([
  [LIMIT_CODE, 'limit'],
  [PAYLOADS_CODE, 'payloads'],
])

function retryReason({ failure }: Attempt, retryInMs: number): WaitReason {
  if (failure !== null && lackedTurn(failure)) return TURNS.get(failure.code) ?? 'slot'
  return failure?.retryAfterMs !== undefined && retryInMs >= failure.retryAfterMs ? 'retry_after' : 'backoff'
}

function workerWait({ call, attempts }: CallAttempts): Bare[] {
  const [first] = attempts
  const queuedMs = first?.queuedMs ?? 0
  if (first === undefined || queuedMs < WORKER_WAIT_MS) return []
  return [
    {
      reason: 'worker',
      targets: [first.target],
      startedAt: call.scheduledAt,
      until: null,
      durationMs: queuedMs,
      endedBy: 'time',
    },
  ]
}

/** Till a worker took the workflow's own tasks. */
const taskWaits = ({ tasks }: RunSteps): Bare[] =>
  tasks.flatMap(({ scheduledAt, startedAt }): Bare[] => {
    const durationMs = startedAt === null ? null : startedAt - scheduledAt
    if (durationMs !== null && durationMs < WORKER_WAIT_MS) return []
    const endedBy = durationMs === null ? null : 'time'
    return [{ reason: 'worker', targets: [], startedAt: scheduledAt, until: null, durationMs, endedBy }]
  })
