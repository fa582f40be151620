/** One line per attempt. The lines of fallbacks and generations come from the workflow, by its own logger. */
import type { Level, Logger } from 'pino'
import { type Failure, ruleOf } from '../domain/failures/failure'
import { logFields, type Metadata } from '../domain/request/metadata'
import type { AttemptRecord } from '../domain/routing/attempt'

export interface LoggedAttempt {
  /** The generation's id. */
  generation: string
  route: string
  record: AttemptRecord
  /** As of GenerationInput. */
  logged?: Metadata | undefined
  /** What of it the caller made up: nobody has to act on its failure. Default: false. */
  callersOwn?: boolean | undefined
}

/** Writes the line: `info` for a success, `warn` for a failure, `error` where somebody has to act. */
export const logAttempt = (
  logger: Logger,
  { generation, route, record, logged, callersOwn }: LoggedAttempt,
): void => {
  const { candidate, target, number, durationMs, failure, retryInMs, usage, adopted, requestId } = record
  logger[levelOf(failure, callersOwn === true)](
    {
      event: 'attempt',
      generation,
      route,
      target,
      candidate,
      attempt: number,
      outcome: failure === undefined ? 'answered' : 'failed',
      ...(failure === undefined ? {} : factsOf(failure)),
      durationMs,
      retryInMs,
      inputTokens: usage?.inputTokens,
      outputTokens: usage?.outputTokens,
      adopted,
      requestId: requestId ?? failure?.requestId,
      ...logFields(logged),
    },
    'attempt',
  )
}

const levelOf = (failure: Failure | undefined, callersOwn: boolean): Level => {
  if (failure === undefined) return 'info'
  const { log } = ruleOf(failure.class)
  return log === 'error' && callersOwn ? 'warn' : log
}

/** What is known of a failure but its message (LOGGER-1). A code that is no plain word isn't one. */
const factsOf = (failure: Failure) => ({
  class: failure.class,
  status: failure.status,
  code: /^[\w.:-]{1,64}$/.test(failure.code ?? '') ? failure.code : undefined,
  retryAfterMs: failure.retryAfterMs,
  timeoutPhase: failure.timeoutPhase,
  tokensFlowing: failure.tokensFlowing,
})
