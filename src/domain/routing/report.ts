/**
 * What people read of a generation in the Web UI, as Markdown: its policy, what it does at this moment, how it has ended.
 * Pure, content-free.
 *
 * REPORT-1 The first line says it all: what is done or how it ended; the attempts stand below it.
 * REPORT-2 However many attempts there were, so many rows are made: the first and the latest. Under way that is done before
 *    each wait, and again at each replay.
 */
import { spentText } from '../budgets/budgets-report'
import type { Rescue } from '../streaming/resume'
import { duration, instant, span } from '../text/durations'
import { inlineText, markdownTable, unbroken } from '../text/markdown'
import type { AttemptRecord } from './attempt'
import { type AttemptRow, attemptRows, attemptsCostUsd } from './attempt-rows'
import { type DispatchState, runningOf } from './dispatch-state'
import type { Plan } from './plan'
import type { Candidate, Route } from './route'

/** REPORT-2 */
const AT_END = { first: 10, latest: 40, last: 'gave up' }
const UNDER_WAY: typeof AT_END = { first: 5, latest: 10, last: '' }

/** As in a terminal. The page is narrow: the attempt is a number alone. */
const HEADS = ['at', 'target', '#', 'took', 'outcome', 'then']

/** The attempts as a table, in the order of their starts. `candidates`: for the cost. */
export function attemptsTable(
  records: readonly AttemptRecord[],
  candidates: readonly Pick<Candidate, 'facts'>[] = [],
  { first, latest, last } = AT_END,
): string {
  const left = records.length - first - latest
  const shown = left <= 1 ? records : [...records.slice(0, first), ...records.slice(-latest)]
  const rows = attemptRows(shown, candidates, last).map(cellsOf)
  if (left > 1) rows.splice(first, 0, ['', `${left} more attempts`, '', '', '', ''])
  return markdownTable(HEADS, rows)
}

const cellsOf = ({
  at,
  target,
  attempt,
  took,
  outcome,
  why,
  tokens,
  cost,
  followed,
}: AttemptRow): string[] => [
  unbroken(at),
  target,
  attempt,
  unbroken(took),
  [`${outcome}${why === '' ? '' : `: ${why}`}`, tokens, cost].filter((part) => part !== '').join('; '),
  followed,
]

/** The policy of a generation. `deadlineAt` in epoch milliseconds. */
export function routeDetails({ name, candidates, strategy, passes }: Route, deadlineAt: number): string {
  const rows = candidates.map(({ target, retry, timeouts }) => [
    target,
    String(retry.maximumAttempts),
    unbroken(duration(timeouts.attemptMs)),
  ])
  return [
    `Route **${inlineText(name)}**: ${strategy.type}, ${passes} ${passes === 1 ? 'pass' : 'passes'}, until ${instant(deadlineAt)}`,
    '',
    markdownTable(['candidate', 'attempts', 'each at most'], rows),
  ].join('\n')
}

/** The summary of a call: its own activity counts retries that were no calls too. */
export const callSummary = ({ target, retry: { maximumAttempts } }: Candidate): string =>
  `${target}, at most ${maximumAttempts} ${maximumAttempts === 1 ? 'call' : 'calls'}`

/** A generation under way, at one step of its dispatcher. Instants in epoch milliseconds. */
export interface Moment {
  state: DispatchState
  /** The last one that was made. */
  plan: Pick<Plan, 'dropped' | 'spent'>
  /** When it goes on by itself; null: when a call ends. */
  wakeAt: number | null
  /** When it gives up. Absent: as it began. */
  deadlineAt?: number | undefined
}

interface Policy extends Pick<Route, 'passes'> {
  candidates: readonly Candidate[]
}

/** What it does now, what comes next, when it gives up, and the attempts of the candidates that have ended. */
export function momentDetails(
  policy: Policy & { deadlineAt: number },
  records: readonly AttemptRecord[],
  moment: Moment,
  now: number,
): string {
  const { state, deadlineAt = policy.deadlineAt } = moment
  return [
    state.phase === 'paused'
      ? `**Waiting until ${instant(state.until)}** (${span(state.until - now)} from ${instant(now)}): ${waitedFor(policy, records, moment)}.`
      : `**Calling ${callsOf(policy, state)}**, since ${instant(now)}. Calls so far, and when the next is due: Pending Activities.`,
    '',
    `Next: ${nextOf(policy, moment)}. It gives up at ${instant(deadlineAt)}.`,
    ...(records.length === 0 ? [] : ['', attemptsTable(records, policy.candidates, UNDER_WAY)]),
  ].join('\n')
}

/** Of the timer that it sets: what is waited for, and how long. */
export function timerSummary(
  policy: Policy,
  records: readonly AttemptRecord[],
  moment: Moment,
  now: number,
): string {
  const ms = duration(Math.max(1, (moment.wakeAt ?? now) - now))
  const { state } = moment
  if (state.phase !== 'calling') return `${waitedFor(policy, records, moment)}, ${ms}`
  return `next candidate (${targets(policy, state.waiting.slice(0, 1))}) unless one answers, ${ms}`
}

const callsOf = ({ candidates }: Policy, state: DispatchState): string =>
  runningOf(state)
    .flatMap((place) => candidates[place] ?? [])
    .map(callSummary)
    .join('; ')

function nextOf(policy: Policy, { state, wakeAt, plan }: Moment): string {
  if (state.phase === 'paused') {
    const again = [...state.later].sort((one, other) => one.at - other.at).map(({ candidate }) => candidate)
    const who = again.length === 0 ? (state.among ?? [...policy.candidates.keys()]) : again
    const sooner = state.nudge
      ? `, sooner where ${plan.spent === undefined ? 'a circuit lets it' : 'there is budget'}`
      : ''
    return `pass ${state.pass} of ${policy.passes} with ${targets(policy, who)}${sooner}`
  }
  const left = state.phase === 'calling' ? [...state.waiting, ...state.gaveWay, ...state.lastResort] : []
  if (left.length === 0)
    return state.pass < policy.passes ? `pass ${state.pass + 1} of ${policy.passes}` : 'no other candidate'
  const due = wakeAt === null ? 'where it fails' : `at ${instant(wakeAt)}, or where one fails`
  return `${targets(policy, left)}, ${due}`
}

/** The one that may be called first: by its own provider's word, by its circuit, or after the pause between passes. */
function waitedFor(
  { candidates }: Policy,
  records: readonly AttemptRecord[],
  { state, plan }: Moment,
): string {
  if (plan.spent !== undefined) return spentText(plan.spent)
  const [first] = state.later.length === 0 ? [] : [...state.later].sort((one, other) => one.at - other.at)
  const target = first === undefined ? undefined : candidates[first.candidate]?.target
  if (first === undefined || target === undefined) return blockedBy(plan)
  if (first.circuit) {
    const reason = plan.dropped.find((one) => one.target === target && one.because === 'circuit')?.reason
    return `circuit of ${target}${reason === undefined ? '' : ` (${reason})`}`
  }
  const last = records.findLast(({ candidate }) => candidate === first.candidate)
  return last?.failure?.retryAfterMs === undefined
    ? `pause before pass ${state.pass}`
    : `Retry-After of ${target}`
}

function blockedBy({ dropped }: Moment['plan']): string {
  const named = dropped.filter(({ because }) => because === 'circuit')
  return named.length === 0
    ? 'the circuits'
    : named.map(({ target, reason }) => `circuit of ${target} (${reason})`).join(', ')
}

const targets = ({ candidates }: Policy, places: readonly number[]): string =>
  places.map((place) => candidates[place]?.target ?? String(place)).join(', ')

/** A generation that waits for a key. Instants in epoch milliseconds. */
export interface ParkedMoment {
  since: number
  until: number
  providers: readonly string[]
  /** When it looks again. */
  wakeAt: number
}

/** What it waits for, what a person can do, when it looks again and when it gives up. */
export function parkedDetails(
  { candidates }: Pick<Policy, 'candidates'>,
  records: readonly AttemptRecord[],
  { since, until, providers, wakeAt }: ParkedMoment,
): string {
  return [
    `**Parked** since ${instant(since)}: waits for ${missing(providers)}.`,
    '',
    `Next look: ${instant(wakeAt)}, or soon after \`holdfast circuits auto ${providers[0] ?? 'PROVIDER'}\`. It gives up at ${instant(until)}.`,
    ...(records.length === 0 ? [] : ['', attemptsTable(records, candidates, UNDER_WAY)]),
  ].join('\n')
}

/** Of the timer till its next look. */
export const parkedSummary = ({ providers, wakeAt }: ParkedMoment, now: number): string =>
  `${PARKED_SUMMARY}: waits for ${missing(providers)}, looks again in ${duration(Math.max(1, wakeAt - now))}`

/** The begin of a timer's summary, by which a history says that it was one of these. */
export const PARKED_SUMMARY = 'parked'

const missing = (providers: readonly string[]): string =>
  providers.length === 0 ? 'a free place: the key is good again' : `a valid key of ${providers.join(', ')}`

/** Of a run that is continued as new: what it waited for, the next one waits for. */
export const continuedDetails = (
  records: readonly AttemptRecord[],
  candidates: readonly Candidate[],
): string =>
  [
    '**Goes on in another run** of the same id, which has all attempts.',
    '',
    attemptsTable(records, candidates, UNDER_WAY),
  ].join('\n')

/** How a generation has ended. */
export interface Ended {
  /** `answered`, or the kind of the error that ended it. */
  outcome: string
  /** `provider`, `cache` or `stale`; null: not answered. */
  served: string | null
  target: string | null
  /** Of an entry of the cache. */
  cacheAgeMs?: number | undefined
  /** How an answer that was cut became whole. */
  rescue?: Rescue | undefined
  /** Of the error. */
  message?: string | undefined
  /** Epoch milliseconds: when another try could succeed. */
  retryAt?: number | null | undefined
}

/** REPORT-1. `cacheKey`: where an entry of the cache answered. */
export function endDetails(
  candidates: readonly Candidate[],
  records: readonly AttemptRecord[],
  ended: Ended,
  { totalMs, cacheKey }: { totalMs: number; cacheKey: string | null },
): string {
  const cost = attemptsCostUsd(records, candidates)
  const count = `${records.length} ${records.length === 1 ? 'attempt' : 'attempts'}`
  const facts = [count, ...(cost === null ? [] : [`$${cost.toFixed(6)}`])].join(', ')
  const all = records.length === 0 ? [] : ['', attemptsTable(records, candidates)]
  return [`${endLine(ended, duration(totalMs), cacheKey)} ${facts}.`, ...all].join('\n')
}

function endLine(
  { outcome, served, target, cacheAgeMs = 0, message, retryAt }: Ended,
  took: string,
  key: string | null,
): string {
  if (outcome !== 'answered') {
    const again = typeof retryAt === 'number' ? ` Another try could succeed from ${instant(retryAt)}.` : ''
    return `**${outcome}** after ${took}${message === undefined ? '' : `: ${inlineText(message)}`}.${again}`
  }
  if (served === 'provider') return `**Answered** by ${target} in ${took}.`
  const entry = `the answer of ${target} that is ${span(cacheAgeMs)} old (entry \`${key ?? ''}\`)`
  return served === 'stale'
    ? `**Answered from the cache, stale**, because every candidate failed: ${entry}.`
    : `**Answered from the cache**: ${entry}.`
}
