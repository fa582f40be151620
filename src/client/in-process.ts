/**
 * `whenTemporalDown: direct`: what Temporal has certainly not accepted is run in this process.
 *
 * IN-PROCESS-1 Never after an `unknown` start: Temporal may have it, and the same call would be paid twice.
 * IN-PROCESS-2 Never where others could know the generation by its id: without Temporal it is not known
 *    whether it ran before under its key, and an asynchronous one could not be read by its id.
 */
import type { Config } from '../config'
import { HoldfastError } from '../contract/errors'
import type { GenerationInput } from '../contract/generation'
import type { InProcessRunner } from '../contract/in-process'
import type { ResultSummary } from './events'
import { generationId } from './identity'
import type { PreparedStart } from './prepare-start'
import { type Run, type RunningGeneration, runningGeneration } from './running'

export interface InProcessRequest {
  runner: InProcessRunner | undefined
  mode: Config['whenTemporalDown']
  /** By a key or an id of the caller's. */
  named: boolean
}

/** The runner to go on with. Throws `error` where there is none, with the reason where one was expected. */
export function inProcessRunner(error: unknown, { runner, mode, named }: InProcessRequest): InProcessRunner {
  const notAccepted =
    error instanceof HoldfastError && error.kind === 'unavailable' && error.accepted === false
  if (!notAccepted || mode !== 'direct') throw error
  if (named) throw withReason(error, 'under a key it could run twice')
  if (runner === undefined)
    throw withReason(error, 'it needs the worker in this process, as under holdfast/embedded and the gateway')
  return runner
}

/** Everything but what is said. */
const withReason = (error: HoldfastError, reason: string): HoldfastError =>
  new HoldfastError({
    kind: error.kind,
    message: `${error.message} (whenTemporalDown: direct does not help: ${reason})`,
    accepted: error.accepted,
    generationId: error.generationId,
    retryAt: error.retryAt?.getTime() ?? null,
    cause: error.cause,
  })

/** By an id of its own: Temporal knows nothing of it (IN-PROCESS-2). */
export const inProcessInput = (
  { route, request, cache, stream, logged, trace }: PreparedStart,
  tenant: string | null,
): GenerationInput => ({
  id: generationId({ tenant, idempotencyKey: undefined, cacheKey: null }),
  tenant,
  route,
  request,
  deadlineAt: Date.now() + route.deadlineMs,
  searchAttributes: false,
  cache,
  stream,
  ...(logged === undefined ? {} : { logged }),
  trace,
})

/** Nobody can attach to it: whoever aborts ends it. */
export function runInProcess<R extends ResultSummary>(
  { run, delivery }: InProcessRunner,
  input: GenerationInput,
  { typed, signal }: Pick<Run<R>, 'typed' | 'signal'>,
): RunningGeneration<R> {
  const { id } = input
  const ended = new AbortController()
  const result = run(input, ended.signal)
  // Each caller that waits for it gets the rejection.
  result.catch(() => undefined)
  return runningGeneration<R>({
    id,
    webUrl: '',
    log: id,
    delivery,
    startedAt: Date.now(),
    result: () => result,
    typed,
    cancel: async () => ended.abort(),
    hangUp: async () => {
      ended.abort()
      return true
    },
    signal,
    detach: false,
    durable: false,
  })
}
