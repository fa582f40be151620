/**
 * A recorded run as rows in order of time: what `explain` prints, and what its page draws.
 *
 * RUN-STORY-1 Each attempt has its row. What says the same again and again (a wait for a circuit that is read every 15 s,
 *    and the plan that each reading makes) is one row.
 */

import {
  attemptDetails,
  attemptEnd,
  cancelText,
  clock,
  factsOf,
  KINDS,
  lasted,
  nextText,
  orderOf,
  orderReason,
  outcomeText,
  verdictOf,
  waitText,
} from './run-words'
import type { Attempt, Run, RunOutcome, RunPlan, Wait } from './types'

export type Tone = 'good' | 'bad' | 'waiting' | 'plain'

export interface StoryRow {
  kind: 'start' | 'cache' | 'plan' | 'hedge' | 'attempt' | 'wait' | 'cancel' | 'renewal' | 'trouble' | 'end'
  /** Epoch milliseconds. */
  at: number
  offsetMs: number
  /** 0: an instant. Of one that goes on: till now. */
  durationMs: number
  ongoing: boolean
  tone: Tone
  /** A target, or what the row is about. */
  subject: string
  text: string
  /** What only some want to know. */
  details: string[]
}

export interface Story {
  id: string
  /** How it ended, or that it runs. */
  verdict: string
  tone: Tone
  facts: string[]
  rows: StoryRow[]
  /** What happens next; null: it has ended. */
  next: string | null
  /** From its start till its end, or now. */
  totalMs: number
}

/** `now` in epoch milliseconds. */
export function storyOf(run: Run, now: number): Story {
  const totalMs = Math.max(0, (run.endedAt ?? now) - run.startedAt)
  const rows = [
    startRow(run),
    ...run.cache.map(cacheRow),
    ...planRows(run),
    ...run.hedges.filter(({ allowed }) => !allowed).map(hedgeRow),
    ...run.attempts.map((attempt) => attemptRow(attempt, run, now)),
    ...run.waits.map((wait) => waitRow(wait, now)),
    ...run.cancels.filter(({ target }) => target === null).map(cancelRow),
    ...run.renewals.map(renewalRow),
    ...run.taskFailures.map(taskFailureRow),
    ...run.runs.slice(1).map(({ startedAt, runId }) => continuedRow(startedAt, runId, run)),
  ]
  const inTime = merged(rows.sort((a, b) => a.offsetMs - b.offsetMs))
  const end = run.endedAt === null ? [] : [endRow(run, totalMs)]
  const { outcome } = run
  return {
    id: run.id,
    verdict: verdictOf(run, totalMs),
    tone: toneOf(outcome),
    facts: factsOf(run),
    rows: [...inTime, ...end],
    next: outcome.type === 'running' ? nextText(outcome.next, run, now) : null,
    totalMs,
  }
}

const instant = (offsetMs: number, at: number) => ({ at, offsetMs, durationMs: 0, ongoing: false })

function startRow({ startedAt, route, taskQueue, parent }: Run): StoryRow {
  const by = parent === null ? '' : `, by the workflow ${parent.workflowId}`
  const text = `started on task queue ${taskQueue}${by}`
  const subject = route === null ? 'generation' : `route ${route.name}`
  return { kind: 'start', ...instant(0, startedAt), tone: 'plain', subject, text, details: [] }
}

function cacheRow({ at, offsetMs, purpose, hit, error }: Run['cache'][number]): StoryRow {
  const why = purpose === 'answer' ? '' : ', in place of an error'
  const found = hit === null ? 'nothing to serve' : `an answer of ${hit.target}, ${lasted(hit.ageMs)} old`
  const text = error === null ? `${found}${why}` : `it could not be read: ${error}`
  const tone = error !== null ? 'bad' : hit === null ? 'plain' : 'good'
  return { kind: 'cache', ...instant(offsetMs, at), tone, subject: 'cache', text, details: [] }
}

/** RUN-STORY-1 */
function planRows({ plans, route }: Run): StoryRow[] {
  const strategy = route?.strategy.type ?? 'sequence'
  const rows = plans.map((plan) => ({
    row: planRow(plan, strategy),
    plain: planParts(plan, strategy).join(),
  }))
  return rows.filter(({ plain }, index) => plain !== rows[index - 1]?.plain).map(({ row }) => row)
}

type StrategyType = 'sequence' | 'race' | 'hedge'

/** Less the times that they were ordered by, which are never twice the same. */
function planParts(
  { source, ready, lastResort, dropped, blocked }: RunPlan,
  strategy: StrategyType,
): string[] {
  const reasonOf = (target: string) => blocked.find((one) => one.target === target)?.reason ?? 'open'
  return [
    orderOf(ready, strategy),
    ...(lastResort.length === 0
      ? []
      : [
          `as a last resort ${lastResort.map((target) => `${target} (circuit: ${reasonOf(target)})`).join(', ')}`,
        ]),
    ...dropped.map(({ target, reason, because }) => `not ${target} (${because}: ${reason})`),
    ...(source === 'unread' ? ['the circuits could not be read'] : []),
  ]
}

function planRow(plan: RunPlan, strategy: StrategyType): StoryRow {
  const { at, offsetMs, source, ready, lastResort, blocked, order } = plan
  const parts = [...planParts(plan, strategy), orderReason(order)].filter((part) => part !== null)
  const tone = ready.length + lastResort.length === 0 ? 'bad' : 'plain'
  const details = [
    `the circuits as ${source === 'caller' ? "the caller's process" : 'a worker'} saw them`,
    ...blocked.map(({ target, reason, until }) => {
      return `circuit of ${target}: ${reason}${until === null ? '' : ` until ${clock(until)}`}`
    }),
  ]
  return { kind: 'plan', ...instant(offsetMs, at), tone, subject: 'plan', text: parts.join('; '), details }
}

const hedgeRow = ({ at, offsetMs }: Run['hedges'][number]): StoryRow => ({
  kind: 'hedge',
  ...instant(offsetMs, at),
  tone: 'plain',
  subject: 'hedge',
  text: "none: the route's budget has no room",
  details: [],
})

function attemptRow(attempt: Attempt, run: Run, now: number): StoryRow {
  const { target, startedAt, offsetMs, durationMs, kind, lastResort, outcome } = attempt
  const ended = durationMs ?? Math.max(0, (run.endedAt ?? now) - startedAt)
  const resort = lastResort ? ' (last resort)' : ''
  return {
    kind: 'attempt',
    at: startedAt,
    offsetMs,
    durationMs: ended,
    ongoing: durationMs === null,
    tone: ATTEMPT_TONES[outcome],
    subject: target,
    text: `${KINDS[kind]}${resort}: ${cancelText(attempt, run) ?? attemptEnd(attempt)}`,
    details: attemptDetails(attempt),
  }
}

const ATTEMPT_TONES: { [outcome in Attempt['outcome']]: Tone } = {
  answered: 'good',
  failed: 'bad',
  cancelled: 'plain',
  running: 'waiting',
}

function waitRow(wait: Wait, now: number): StoryRow {
  const { startedAt, offsetMs, until, durationMs, endedBy } = wait
  const ongoing = durationMs === null
  const how = endedBy === 'signal' ? ': its circuit changed' : ''
  const till = ongoing && until !== null ? ` until ${clock(until)}` : ''
  return {
    kind: 'wait',
    at: startedAt,
    offsetMs,
    durationMs: durationMs ?? Math.max(0, now - startedAt),
    ongoing,
    tone: 'waiting',
    subject: 'wait',
    text: `for ${waitText(wait)}${till}${how}`,
    details: until === null ? [] : [`it was to end at ${new Date(until).toISOString()}`],
  }
}

const cancelRow = ({ at, offsetMs, cause }: Run['cancels'][number]): StoryRow => ({
  kind: 'cancel',
  ...instant(offsetMs, at),
  tone: 'bad',
  subject: 'cancel',
  text: `requested${cause === null ? '' : ` by ${cause}`}`,
  details: [],
})

const renewalRow = ({ at, offsetMs, id }: Run['renewals'][number]): StoryRow => ({
  kind: 'renewal',
  ...instant(offsetMs, at),
  tone: 'plain',
  subject: 'cache',
  text: `the answer is renewed by ${id}`,
  details: [],
})

const RESET = 'reset_workflow'

function taskFailureRow({ at, offsetMs, cause, message }: Run['taskFailures'][number]): StoryRow {
  const reset = cause === RESET
  return {
    kind: 'trouble',
    ...instant(offsetMs, at),
    tone: reset ? 'plain' : 'bad',
    subject: reset ? 'generation' : 'workflow task',
    text: [reset ? 'reset to this point' : `failed (${cause})`, ...(message === '' ? [] : [message])].join(
      ': ',
    ),
    details: [],
  }
}

const continuedRow = (at: number, runId: string, { startedAt }: Run): StoryRow => ({
  kind: 'start',
  ...instant(at - startedAt, at),
  tone: 'plain',
  subject: 'generation',
  text: 'goes on in a new run',
  details: [`run ${runId}`],
})

function endRow(run: Run, totalMs: number): StoryRow {
  const { outcome, endedAt, startedAt } = run
  const at = endedAt ?? startedAt
  return {
    kind: 'end',
    ...instant(totalMs, at),
    tone: toneOf(outcome),
    subject: 'end',
    text: outcomeText(outcome),
    details: [],
  }
}

/** RUN-STORY-1 */
function merged(rows: readonly StoryRow[]): StoryRow[] {
  const kept: { row: StoryRow; times: number }[] = []
  for (const row of rows) {
    const last = kept.at(-1)
    if (last !== undefined && row.kind === 'wait' && sameWait(last.row, row)) {
      const durationMs = row.offsetMs + row.durationMs - last.row.offsetMs
      kept[kept.length - 1] = {
        row: { ...row, at: last.row.at, offsetMs: last.row.offsetMs, durationMs },
        times: last.times + 1,
      }
    } else kept.push({ row, times: 1 })
  }
  return kept.map(({ row, times }) =>
    times === 1 ? row : { ...row, text: `${row.text} (${times} times in a row)` },
  )
}

const sameWait = (a: StoryRow, b: StoryRow): boolean =>
  a.kind === 'wait' && a.text.split(' until ')[0] === b.text.split(' until ')[0]

const TONES: { [type in RunOutcome['type']]: Tone } = {
  answered: 'good',
  failed: 'bad',
  cancelled: 'bad',
  terminated: 'bad',
  timed_out: 'bad',
  continued: 'plain',
  running: 'waiting',
}

const toneOf = ({ type }: RunOutcome): Tone => TONES[type]
