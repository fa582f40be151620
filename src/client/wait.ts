/**
 * Waits for a generation's end.
 *
 * WAIT-1 The calls to Temporal meanwhile are bounded for the whole process (polls.ts): a wait that gets no long
 *    poll makes short ones, the more seldom the longer nothing has changed, and one at once when its notifier
 *    is called.
 * WAIT-2 A Temporal that goes away and comes back, or is too busy to take a poll, ends no wait.
 * WAIT-3 A run that an operator resets goes on as another run of the same chain: so does the wait.
 * WAIT-4 A run that no worker takes on is reported at its deadline (stuck.ts), by each wait.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Client, WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client'
import { TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { type Accepted, HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { createNotifier, type Notifier } from '../stores/delivery/notifier'
import { orAborted } from '../util/async'
import { endedBy } from '../util/ended-by'
import { type Ending, firstRunId, logOfRun, readEnding, readEndingNow } from './ending'
import { isBusy, isPassing } from './grpc-errors'
import { type Polls, processPolls } from './polls'
import { attemptsOf, clientClosed, ofEndedRun, requireTenant, stillAway, toHoldfastError } from './result'
import { deadlineOf, stuckError, timedOutError, untakenCall } from './stuck'

/** Temporal may be away so long while a caller waits: a restart, a failover. The run goes on without us. */
const OUTAGE_PATIENCE_MS = 120_000
const RECONNECT_PAUSE_MS = 500
const PROBE_DEADLINE_MS = 2_000

/** A long poll's length. A native connection can't end one early: what is left behind stands no longer than this. */
const SLICE_MS = 2_000

/** Between two short polls: this part of the time since the last notification, within these bounds. */
const PART = 1 / 4
const SHORTEST_MS = 25
const LONGEST_MS = 3_000
/** A delivery log has the answer, and when calls have failed. */
const LONGEST_WITH_LOG_MS = 15_000

/** The workflow ends itself at its deadline: this wait reports only what the workflow did not report by then. */
const GRACE_MS = 500
const STUCK_AGAIN_MS = 1_000

export interface Awaited {
  /** What is known before. Default: `unknown`. */
  accepted?: Accepted | undefined
  /** Absent: the latest run of this id, whichever it is: a failed one may have been run again. */
  runId?: string | undefined
  /** The tenant of the caller: another tenant's generation is not found. Absent: it is known to be the caller's. */
  tenant?: string | null | undefined
  /** Aborted: nobody waits any longer, and so does this. */
  left?: AbortSignal | undefined
  /** Aborted: the client is closed, and all its waits end. */
  closing?: AbortSignal | undefined
  /** When it gives up, epoch milliseconds. Absent: not known before. */
  deadlineAt?: number | undefined
  /** Default: those of the process. */
  polls?: Polls | undefined
  /** Its delivery log is being read. */
  log?: LogSide | undefined
  /** Called with the latest run of the id, once it was described. */
  onRun?: ((described: WorkflowExecutionDescription) => void) | undefined
}

/** Between the reader of the delivery log, and the wait for the run's end. */
export interface LogSide {
  /** Notified when the end may be near. */
  notifier: Notifier
  /** WAIT-3: from here on it publishes into this log. */
  onReset(log: string): void
}

/** Throws HoldfastError. */
export async function awaitResult(
  client: Client,
  id: string,
  awaited: Awaited = {},
): Promise<GenerationResult> {
  const { left, closing, polls = processPolls } = awaited
  const over = endedBy(...[left, closing].filter((signal) => signal !== undefined))
  const notifier = awaited.log?.notifier ?? createNotifier()
  const leave = polls.listen(id, notifier)
  try {
    return await untilEnded({ ...awaited, client, id, polls, notifier, over: over.signal })
  } finally {
    leave()
    over.leave()
  }
}

interface Wait extends Awaited {
  client: Client
  id: string
  polls: Polls
  notifier: Notifier
  over: AbortSignal
}

async function untilEnded(wait: Wait): Promise<GenerationResult> {
  const { client, id, accepted = 'unknown', tenant, closing, polls, over } = wait
  let { runId, deadlineAt } = wait
  let awaySince: number | null = null
  let mine = tenant === undefined
  const poll = createPoller(wait)
  for (;;) {
    try {
      if (!mine && tenant !== undefined) {
        const described = await polls.short(() => requireTenant(client, id, tenant))
        mine = true
        wait.onRun?.(described)
        deadlineAt ??= deadlineOf(described)
      }
      // The SDK ignores a signal that was aborted before.
      over.throwIfAborted()
      // A native connection ignores every signal.
      const ending = await orAborted(poll(runId, deadlineAt), over)
      awaySince = null
      if (ending?.type === 'completed') return ending.result
      if (ending?.type === 'continued') runId = ending.runId
      if (ending?.type === 'failed') {
        const { error } = ending
        const next =
          error.cause instanceof TerminatedFailure ? await polls.short(() => afterReset(wait, runId)) : null
        if (next === null) throw await endError(wait, runId, error)
        runId = next.runId
      }
      if (ending === null && deadlineAt !== undefined && Date.now() >= deadlineAt + GRACE_MS) {
        const stuck = await polls.short(() => stuckError(client, id, runId))
        if (stuck !== null) throw stuck
        deadlineAt = Date.now() + STUCK_AGAIN_MS - GRACE_MS
      }
    } catch (error) {
      if (closing?.aborted) throw clientClosed(id, mine ? true : accepted)
      const busy = isBusy(error)
      if (over.aborted || !(busy || isPassing(error))) throw toHoldfastError(error, id, accepted)
      if (busy) polls.refused()
      // A poll may stand and then break: only a quick call shows whether Temporal is back.
      if (await answers(client, id)) awaySince = null
      else awaySince ??= Date.now()
      if (awaySince !== null && Date.now() - awaySince > OUTAGE_PATIENCE_MS) throw stillAway(error, id)
      await pause(RECONNECT_PAUSE_MS, undefined, { signal: over }).catch(() => undefined)
    }
  }
}

/** WAIT-1. Each call is one poll: has it ended? */
function createPoller({ client, id, polls, notifier, over, log }: Wait) {
  const longestMs = log === undefined ? LONGEST_MS : LONGEST_WITH_LOG_MS
  let notifiedAt = performance.now()
  let hadLongPoll = false
  return async (runId: string | undefined, deadlineAt: number | undefined): Promise<Ending | null> => {
    const toDeadlineMs = deadlineAt === undefined ? SLICE_MS : deadlineAt + GRACE_MS - Date.now()
    const within = (ms: number): number => Math.round(Math.max(1, Math.min(ms, toDeadlineMs)))
    const long = () => polls.long(() => readEnding(client, id, runId, within(SLICE_MS), over))
    const slice = hadLongPoll && polls.crowded() ? null : long()
    hadLongPoll = slice !== null
    if (slice !== null) return slice
    const pausedAt = performance.now()
    const pauseMs = within(Math.min(longestMs, Math.max(SHORTEST_MS, (pausedAt - notifiedAt) * PART)))
    await notifier.notified(pauseMs, over)
    over.throwIfAborted()
    const now = performance.now()
    if (now - pausedAt < pauseMs - 1) notifiedAt = now
    const late = long()
    hadLongPoll = late !== null
    return (
      late ??
      polls.short(async () => {
        over.throwIfAborted()
        return readEndingNow(client, id, runId, over)
      })
    )
  }
}

async function endError(
  { client, id, polls }: Wait,
  runId: string | undefined,
  error: WorkflowFailedError,
): Promise<HoldfastError> {
  if (error.cause instanceof TimeoutFailure)
    return timedOutError(client, id, runId, error).catch(() => ofEndedRun(error, id))
  const ended = ofEndedRun(error, id, await attemptsOf(client, id, error, polls))
  const why = await untakenCall(client, id, runId, ended).catch(() => null)
  return why === null ? ended : withMessage(ended, `${ended.message}; ${why}`)
}

const withMessage = (error: HoldfastError, message: string): HoldfastError =>
  new HoldfastError({
    kind: error.kind,
    message,
    accepted: error.accepted,
    generationId: error.generationId,
    failureClass: error.failureClass,
    retryAt: error.retryAt?.getTime() ?? null,
    attempts: [...error.attempts],
    cause: error.cause,
  })

/** WAIT-3. null: it was terminated, and nothing else. */
async function afterReset(
  { client, id, log }: Wait,
  runId: string | undefined,
): Promise<{ runId: string | undefined } | null> {
  const latest = await client.workflow.getHandle(id).describe()
  if (runId === undefined) return latest.status.name === 'TERMINATED' ? null : { runId }
  if (latest.runId === runId) return null
  const terminated = await client.workflow.getHandle(id, runId).describe()
  if (firstRunId(latest) !== firstRunId(terminated)) return null
  log?.onReset(await logOfRun(client, latest))
  return { runId: latest.runId }
}

async function answers(client: Client, id: string): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + PROBE_DEADLINE_MS, () => client.workflow.getHandle(id).describe())
    return true
  } catch (error) {
    return !isPassing(error)
  }
}

/** When a run that equal requests share gives up, epoch milliseconds; null: not known. Does not reject. */
export async function runDeadlineAt(
  client: Client,
  id: string,
  runId: string | undefined,
): Promise<number | null> {
  const describe = () => client.workflow.getHandle(id, runId).describe()
  return client.withDeadline(Date.now() + PROBE_DEADLINE_MS, describe).then(
    ({ memo }) => readGenerationMemo(memo).deadlineAt,
    () => null,
  )
}
