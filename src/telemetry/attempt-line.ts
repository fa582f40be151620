import type { Logger } from 'pino'
import type { AttemptRecord } from '../domain/attempt'
import { type Failure, ruleOf } from '../domain/failure'

export interface AttemptLine {
  generation: string
  route: string
  record: AttemptRecord
}

/** One line per attempt: fields with stable names, never the prompt or the answer. */
export function logAttempt(logger: Logger, { generation, route, record }: AttemptLine): void {
  const { target, number, durationMs, failure, retryInMs, usage } = record
  const line = {
    event: 'attempt',
    generation,
    route,
    target,
    attempt: number,
    durationMs,
    outcome: failure?.class ?? 'answered',
    ...(failure === undefined
      ? {}
      : { status: failure.status, code: failure.code, requestId: failure.requestId }),
    ...(retryInMs === undefined ? {} : { retryInMs }),
    ...(usage === undefined ? {} : { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }),
  }
  logger[levelOf(failure)](line, 'attempt')
}

/** `error` where somebody has to act before it goes away. */
function levelOf(failure: Failure | undefined): 'info' | 'warn' | 'error' {
  if (failure === undefined || failure.class === 'cancelled') return 'info'
  return ruleOf(failure.class).alert ? 'error' : 'warn'
}
