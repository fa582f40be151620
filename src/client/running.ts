/** A generation that Temporal has: its events, its answer, its end. */

import { withWebUrl } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import { generationResult } from '../engine/result'
import type { Commit, DeliveryLog } from '../stores/delivery/types'
import { type Followed, firstAnswer, follow, type GenerationEvent, type ResultSummary } from './events'
import { abortable } from './signal'
import type { LogSide } from './wait'

export interface RunningGeneration<Result = GenerationResult> {
  id: string
  /** The run in the Temporal Web UI. */
  webUrl: string
  /** Epoch milliseconds. */
  startedAt: number
  /** Others may wait for it too: whoever aborts ends their own wait, and nothing else. */
  shared: boolean
  /** Which run under this id it is: positions are of one run. Absent: nobody knows. */
  run?: string
  /** false: Temporal is away, and this process runs it. */
  durable?: false
  /** Waits for the answer. Throws HoldfastError. */
  result(): Promise<Result>
  /**
   * What it says while it runs, and `done` at the end. Every call begins anew, or after the position `after`.
   * Leaving the loop stops listening, and nothing else. Throws HoldfastError.
   */
  events(options?: ReplayOptions): AsyncIterable<GenerationEvent<Result>>
  /** Requests its cancellation. Throws HoldfastError. */
  cancel(): Promise<void>
}

export interface EventOptions {
  /** Events up to this position are known; 0, the default: none. */
  after?: number | undefined
  /** Where the text so far turns out to be void: an error (default), or a `restart` event. */
  restarts?: 'error' | 'event' | undefined
}

/** For those who have to know what a reader behind a position has got. */
export interface ReplayOptions extends EventOptions {
  /** The log is read from its beginning, although the answer is there. Default: the answer is all that a new reader gets. */
  fromLog?: boolean
}

export interface AttachOptions extends EventOptions {
  /** Aborted: nobody listens any longer. The generation goes on. Default: until the end. */
  signal?: AbortSignal | undefined
}

export interface Run<R> {
  id: string
  webUrl: string
  /** The name of its log; undefined: it has ended. */
  log: string | undefined
  /** Its result is there: a reader that begins anew gets it from that, whatever the log holds. */
  answered?: boolean
  delivery: DeliveryLog | null
  startedAt: number
  result(left: AbortSignal, side?: LogSide): Promise<GenerationResult>
  typed(result: GenerationResult): R
  cancel(): Promise<void>
  /** Its caller has gone. Done once, however often it is called. As of `Abort`. */
  hangUp(): Promise<boolean>
  signal: AbortSignal | undefined
  /** It goes on when its caller aborts. */
  detach: boolean
  /** false: Temporal knows nothing of it. */
  durable?: false
}

export function runningGeneration<R extends ResultSummary>(run: Run<R>): RunningGeneration<R> {
  const { id, webUrl, startedAt, delivery, log, answered, signal, detach, cancel, hangUp } = run
  const followed = ({ after = 0, restarts = 'error', fromLog = after >= 1 }: ReplayOptions): Followed => ({
    log: delivery === null || log === undefined || (answered && !fromLog) ? null : { delivery, name: log },
    after,
    restarts,
    result: run.result,
    fromCommit: (commit, attempts) => resultOfCommit(run, commit, attempts),
    generationId: id,
  })
  return {
    id,
    webUrl,
    startedAt,
    shared: detach,
    ...(log === undefined || run.durable === false ? {} : { run: log }),
    ...(run.durable === undefined ? {} : { durable: run.durable }),
    async result() {
      const left = new AbortController()
      const answer = firstAnswer({ ...followed({}), left })
      try {
        return run.typed(await abortable(answer, { id, signal, hangUp, detach, awaitsEnd: true }))
      } catch (error) {
        throw withWebUrl(error, () => webUrl)
      } finally {
        left.abort()
      }
    },
    events(options = {}) {
      const left = new AbortController()
      const all = follow({ ...followed(options), left }, run.typed)
      const leave = (): void => {
        left.abort()
        // Whoever has gone need not have waited for an event just then.
        if (signal?.aborted && !detach) void hangUp()
      }
      return untilAborted(all, leave, (next) =>
        abortable(next, { id, signal, hangUp, detach }).catch((error: unknown) => {
          throw withWebUrl(error, () => webUrl)
        }),
      )
    },
    cancel,
  }
}

async function* untilAborted<T extends { type: string }>(
  events: AsyncGenerator<T>,
  leave: () => void,
  bounded: (next: Promise<IteratorResult<T>>) => Promise<IteratorResult<T>>,
): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await bounded(events.next())
      if (next.done) return
      yield next.value
      if (next.value.type === 'done') return
    }
  } finally {
    leave()
    // Not awaited: it may take a moment to let go.
    events.return(undefined).catch(() => undefined)
  }
}

/** As the workflow will say it; the records of losers that are still being hung up are not there yet. */
function resultOfCommit(
  { id, startedAt, durable }: Pick<Run<unknown>, 'id' | 'startedAt' | 'durable'>,
  { route, answer, target, candidate, records, costUsd, rescue }: Commit,
  attempts: readonly AttemptRecord[],
): GenerationResult {
  const known = new Set(records.map(({ startedAt: at }) => at))
  const others = attempts.filter((one) => one.candidate !== candidate || !known.has(one.startedAt))
  return generationResult(answer, {
    id,
    route,
    target,
    served: 'provider',
    attempts: [...others, ...records],
    rescue,
    durable,
    costUsd,
    startedAt,
    finishedAt: Date.now(),
  })
}
