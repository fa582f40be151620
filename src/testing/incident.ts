/**
 * A script for the simulator from a recorded run: each target's calls end in the way in which they ended.
 *
 * INCIDENT-1 What the providers did is scripted, not what happened to our side: a lost worker or an open circuit is no step.
 * INCIDENT-2 Without the recorded durations: a test need not wait as long as a caller did. `reenact` keeps them.
 */
import { type Attempt, type Run, readRun } from '../history'
import type { Script, StepInput } from '../simulator'
import { HTTP_FAULTS } from '../simulator/errors'
import { type HistoryInput, readSource } from './read-history'

/**
 * For `harness({ script })` or `t.script`. A target that the run never called is not in it.
 *
 * @param history a file's path, proto JSON, or what a Temporal client has fetched
 * @throws Error where it is no generation's history
 */
export function incident(history: HistoryInput): Script {
  const run = readRun(readSource(history))
  const script: { [target: string]: StepInput[] } = {}
  for (const attempt of run.attempts) {
    const step = stepOf(attempt, run)
    if (step !== null) script[attempt.target] = [...(script[attempt.target] ?? []), step]
  }
  return script
}

const HTTP: ReadonlySet<string> = new Set(HTTP_FAULTS)

/** null: no call reached the provider. */
function stepOf({ outcome, failure, usage, served }: Attempt, { answer }: Run): StepInput | null {
  if (outcome === 'answered') {
    const text = served && answer !== null && answer.text !== '' ? { answer: answer.text } : {}
    return usage === null ? text : { ...text, usage: tokensOf(usage) }
  }
  if (failure === null || outcome === 'running' || outcome === 'cancelled') return { fault: 'silent' }
  const { class: failureClass, status, retryAfterMs } = failure
  if (HTTP.has(failureClass))
    return {
      fault: failureClass as (typeof HTTP_FAULTS)[number],
      ...(status === undefined || status < 300 ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  switch (failureClass) {
    case 'connection':
      return { fault: 'reset' }
    case 'timeout':
      return { fault: failure.tokensFlowing === true ? 'hang_after_headers' : 'silent' }
    case 'bad_response':
      return { fault: 'cut_json' }
    case 'schema_mismatch':
      return { answer: 'not what the schema wants' }
    // INCIDENT-1
    default:
      return null
  }
}

const tokensOf = ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  reasoningTokens,
}: NonNullable<Attempt['usage']>): NonNullable<StepInput['usage']> => ({
  inputTokens,
  outputTokens,
  ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
  ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
})
