/** The words for a recorded run. Content-free but for the messages of failures. */

import { seconds, span } from '../domain/text/durations'
import type { Attempt, NamedStanding, Next, PlanOrder, Run, RunOutcome, Wait } from './types'

const MINUTE_MS = 60_000

/** Milliseconds: `12 ms`, `1.20 s`, `2 min 5 s`. */
export const lasted = (ms: number): string => (ms < MINUTE_MS ? seconds(Math.round(ms)) : span(ms))

export const dollars = (usd: number): string => `$${usd.toFixed(6)}`

export const clock = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')

/** Who is called, and when. */
export function orderOf(ready: readonly string[], strategy: 'sequence' | 'race' | 'hedge'): string {
  const [first = 'nobody may be called now', ...others] = ready
  if (others.length === 0) return first
  if (strategy === 'hedge') return `${first}; beside it, when it is late, ${others.join(', ')}`
  return ready.join(strategy === 'race' ? ' and ' : ', then ')
}

/** Why they stand so; null: as they are listed. */
export function orderReason({ type, sticky, standings }: PlanOrder): string | null {
  switch (type) {
    case 'given':
      return null
    case 'weighted':
      return sticky ? "drawn by weight and the request's key" : 'drawn by weight'
    case 'latency':
      return `latency order: ${standings.map(latencyText).join(', ')}`
    case 'cost':
      return `cost order: ${standings.map(costText).join(', ')}`
  }
}

const latencyText = ({ target, ms = null, again }: NamedStanding): string =>
  `${target} ${ms === null ? 'not measured' : lasted(ms)}${again ? ', to be measured again' : ''}`

const costText = ({ target, usd = null }: NamedStanding): string =>
  `${target} ${usd === null ? 'without a price' : dollars(usd)}`

export const KINDS: { [kind in Attempt['kind']]: string } = {
  first: 'call',
  retry: 'retry',
  fallback: 'fallback',
  hedge: 'hedge',
  race: 'race',
  next_pass: 'next pass',
}

/** Whose doing it was; null: it was not cancelled, or says so itself. */
export function cancelText({ outcome, target, failure }: Attempt, { cancels }: Run): string | null {
  if (outcome !== 'cancelled' || failure?.code !== undefined) return null
  const cancel = cancels.find((one) => one.target === target)
  if (cancel === undefined) return null
  return cancel.by === 'race' ? 'cancelled, since another one has answered' : 'cancelled by the caller'
}

export function attemptEnd({ outcome, failure, usage, costUsd, served }: Attempt): string {
  if (failure !== null) {
    const { status, message } = failure
    const said = status === undefined ? message : message.replace(`HTTP ${status}: `, '')
    const named = `${status === undefined ? '' : `${status} `}${failure.class}`
    return said === '' ? named : `${named}: ${said}`
  }
  if (outcome === 'running') return 'under way'
  const tokens = usage === null ? [] : [`${usage.inputTokens} + ${usage.outputTokens} tokens`]
  const cost = costUsd === null ? [] : [dollars(costUsd)]
  return [served ? 'answered' : 'answered, not needed', ...tokens, ...cost].join(', ')
}

export function attemptDetails({
  number,
  failure,
  queuedMs,
  worker,
  retryInMs,
  adopted,
  requestId,
}: Attempt): string[] {
  const { code, retryAfterMs, timeoutPhase } = failure ?? {}
  return [
    `attempt ${number} of its call`,
    ...(adopted ? ['read on what an earlier attempt had begun'] : []),
    ...(worker === null ? [] : [`worker ${worker}`]),
    ...(queuedMs === null ? [] : [`${lasted(queuedMs)} in the queue before it`]),
    ...(code === undefined ? [] : [`code ${code}`]),
    ...(timeoutPhase === undefined ? [] : [`guard ${timeoutPhase}`]),
    ...(requestId === null ? [] : [`request id ${requestId}`]),
    ...(retryAfterMs === undefined ? [] : [`the provider requested a pause of ${lasted(retryAfterMs)}`]),
    ...(retryInMs === null ? [] : [`again after ${lasted(retryInMs)}`]),
  ]
}

/** What is waited for. */
export function waitText({ reason, targets }: Pick<Wait, 'reason' | 'targets'>): string {
  const names = targets.join(', ')
  switch (reason) {
    case 'retry_after':
      return `Retry-After of ${names}`
    case 'backoff':
      return `the backoff before ${names} is called again`
    case 'limit':
      return `room in a limit of ${names}`
    case 'payloads':
      return `the payload store, for the request to ${names}`
    case 'slot':
      return `a free slot of a worker for ${names}`
    case 'pass':
      return 'the pause before the next pass'
    case 'circuit':
      return `the circuit of ${names}`
    case 'key':
      return `a valid key${names === '' ? '' : ` for ${names}`}: parked`
    case 'hedge':
      return `${names} to answer, before a hedge starts`
    case 'worker':
      return names === '' ? 'a worker that takes the workflow' : `a worker that takes the call to ${names}`
  }
}

const SERVED = {
  provider: '',
  cache: ' from the cache',
  stale: ' from the cache, in place of an error',
} as const

export function outcomeText(outcome: RunOutcome): string {
  switch (outcome.type) {
    case 'answered': {
      const { target, served, cacheAgeMs, rescue } = outcome
      const age = cacheAgeMs === null ? '' : `, ${lasted(cacheAgeMs)} old`
      return `answered by ${target}${SERVED[served]}${age}${rescue === null ? '' : `, made whole by ${rescue}`}`
    }
    case 'failed': {
      const { kind, message, retryAt } = outcome
      const again = retryAt === null ? '' : ` Another try may succeed from ${clock(retryAt)}`
      return (
        [kind ?? 'broken', ...(message === '' ? [] : [message])].join(': ') +
        (again === '' ? '' : `.${again}`)
      )
    }
    case 'continued':
      return `goes on in run ${outcome.runId}`
    case 'running':
      return 'running'
    default:
      return [outcome.type, ...(outcome.message === '' ? [] : [outcome.message])].join(': ')
  }
}

export function verdictOf({ outcome, attempts, costUsd }: Run, totalMs: number): string {
  const calls = `${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'}`
  const cost = costUsd === null ? [] : [dollars(costUsd)]
  const end = outcome.type === 'failed' ? `failed: ${outcome.kind ?? 'broken'}` : outcomeText(outcome)
  return [end, calls, lasted(totalMs), ...cost].join(' · ')
}

export function factsOf(run: Run): string[] {
  const { route, request, tenant, metadata, build, startedAt, deadlineAt } = run
  const passes = route === null ? '' : `${route.passes} ${route.passes === 1 ? 'pass' : 'passes'}`
  return [
    ...(route === null ? [] : [`route ${route.name}: ${strategyText(run)}, ${passes}`]),
    ...(request === null ? [] : [requestText(request)]),
    ...(tenant === null ? [] : [`tenant ${tenant}`]),
    ...Object.entries(metadata).map(([key, value]) => `${printable(key)}: ${printable(value)}`),
    `started ${clock(startedAt)}${deadlineAt === null ? '' : `, deadline ${clock(deadlineAt)}`}`,
    ...(build === null ? [] : [`build ${build}`]),
  ]
}

/** A caller's words: what would move a terminal's cursor, or turn its text around, is shown as what it is. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)

function strategyText({ route }: Run): string {
  if (route === null) return ''
  const names = route.candidates.map(({ target }) => target).join(', ')
  const { strategy } = route
  return strategy.type === 'hedge'
    ? `hedge after ${lasted(strategy.afterMs)} over ${names}`
    : `${strategy.type} over ${names}`
}

const countOf = (count: number, what: string): string => `${count} ${count === 1 ? what : `${what}s`}`

function requestText({
  messages,
  inputs,
  characters,
  images,
  tools,
  schema,
  streaming,
}: NonNullable<Run['request']>) {
  const what = inputs > 0 ? countOf(inputs, 'input') : countOf(messages, 'message')
  return [
    `${what} of ${countOf(characters, 'character')}`,
    ...(images === 0 ? [] : [countOf(images, 'image')]),
    ...(tools === 0 ? [] : [countOf(tools, 'tool')]),
    ...(schema ? ['JSON of a schema'] : []),
    ...(inputs > 0 ? ['vectors'] : []),
    ...(streaming ? ['streamed'] : []),
  ].join(', ')
}

export function nextText({ type, targets, at, until, message }: Next, run: Run, now: number): string {
  const since = lasted(Math.max(0, now - at))
  const names = targets.join(' and ')
  switch (type) {
    case 'call':
      return `It calls ${names}, for ${since} so far. An answer ends it; after a failure it goes on by its plan.`
    case 'wait': {
      const wait = run.waits.findLast(({ durationMs }) => durationMs === null)
      const what = wait === undefined ? names : waitText(wait)
      const left =
        until === null ? '' : ` until ${clock(until)}, for ${lasted(Math.max(0, until - now))} more`
      return `It waits for ${what}${left}. Then it goes on by itself.`
    }
    case 'worker':
      return `It has waited ${since} for a worker of task queue ${run.taskQueue} that takes ${names === '' ? 'it' : `the call to ${names}`}: is one running?`
    case 'stuck':
      return `Its workflow task fails again and again${message === '' ? '' : ` (${message})`}. The log of the worker has the cause; the run goes on once a worker can run it.`
  }
}
