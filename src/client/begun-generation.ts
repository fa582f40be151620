/**
 * A generation that Temporal has, as its caller waits for it: by itself, or with others that sent an equal request
 * (coalesced.ts).
 */
import type { GenerationResult } from '../contract/generation'
import type { DeliveryLog } from '../stores/delivery/types'
import { type Begun, coalescedResult } from './coalesced'
import type { HangUps } from './hang-ups'
import type { Polls } from './polls'
import { type RunningGeneration, runningGeneration } from './running'
import type { Runs } from './runs'
import type { Generation } from './types'
import { untilParked } from './until-parked'
import { awaitResult, type LogSide, runDeadlineAt } from './wait'
import type { WebUrl } from './web-url'

export interface BegunDeps {
  runs: Runs
  hangUps: HangUps
  polls: Polls
  delivery: DeliveryLog | null
  /** Aborted: the client is closed. */
  closing: AbortSignal
  webUrl: WebUrl
}

export interface Caller {
  signal: AbortSignal | undefined
  typed(result: GenerationResult, webUrl: string): Generation
  /** COALESCED-2 */
  beginAgain(): Promise<Begun>
}

export function begunGeneration(
  deps: BegunDeps,
  begun: Begun,
  { signal, typed, beginAgain }: Caller,
): RunningGeneration<Generation> {
  const { runs, hangUps, delivery, webUrl } = deps
  const { id, runId, shared, startedAt, deadlineAt, log, answered = false } = begun
  const link = webUrl(id, runId)
  let hungUp: Promise<boolean> | null = null
  const ofThisRun = (left: AbortSignal, side?: LogSide) =>
    resultOf(deps, { endsAt: begun.deadlineAt, ...begun }, left, side)
  const ofSharedRuns = (left: AbortSignal, side?: LogSide) =>
    coalescedResult(begun, {
      // Its own deadline is kept there.
      resultOf: (on) => resultOf(deps, { ...on, endsAt: undefined }, left, side),
      runDeadlineAt: ({ id: shares, runId }) =>
        runs.on(shares, (client) => runDeadlineAt(client, shares, runId)),
      beginAgain,
    })
  return runningGeneration<Generation>({
    id,
    webUrl: link,
    log,
    answered,
    delivery,
    startedAt,
    result: shared === 'request' ? ofSharedRuns : ofThisRun,
    typed: (result) => typed(result, link),
    cancel: () => hangUps.cancel(id),
    hangUp() {
      hungUp ??= hangUps.hangUp(id, deadlineAt)
      return hungUp
    },
    signal,
    detach: shared !== null,
  })
}

const resultOf = (
  { runs, closing, polls }: BegunDeps,
  { id, runId, endsAt, parks = false }: Pick<Begun, 'id' | 'runId' | 'endsAt' | 'parks'>,
  left: AbortSignal,
  log: LogSide | undefined,
): Promise<GenerationResult> =>
  runs.on(
    id,
    (client) => {
      const awaited = { accepted: true, runId, left, closing, deadlineAt: endsAt, log, polls } as const
      const result = awaitResult(client, id, awaited)
      return parks ? untilParked({ client, id, polls, left }, result) : result
    },
    true,
  )
