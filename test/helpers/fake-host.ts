/**
 * A place where a generation runs on a clock of its own: what each candidate does is said before, and nothing waits.
 * The moments of a test are milliseconds after BEGAN_AT.
 */
import type {
  CallProviderInput,
  CircuitSnapshot,
  GenerationInput,
  LateResult,
} from '../../src/contract/generation'
import type { FailedGeneration } from '../../src/domain/failures/failed-generation'
import { type Failure, GAVE_WAY_CODE } from '../../src/domain/failures/failure'
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import type { CarriedDispatch } from '../../src/domain/routing/dispatch'
import type { Ended } from '../../src/domain/routing/report'
import type { Candidate, Route } from '../../src/domain/routing/route'
import type { Usage } from '../../src/domain/streaming/answer'
import type {
  CandidateOutcome,
  GenerationHost,
  PlanEvent,
  RunningCandidate,
  SucceededCandidate,
} from '../../src/engine/types'
import { candidate, failureOf } from '../domain/routing/arbitraries'
import { answerOf } from './cache'

export const BEGAN_AT = 1_000_000

/** Of the clock, by one generation: one that never ends fails its test. */
const READINGS_AT_MOST = 100

/** What a candidate does when it is started: an answer's text, or a failure, after so long. */
export interface Played {
  tookMs: number
  text?: string
  failure?: Failure
  /** What a failed call has cost all the same. */
  estimate?: Usage
  /** How it made an answer whole that another call had begun. */
  rescue?: SucceededCandidate['rescue']
  /** It does not report how it ended when it is cancelled. */
  mute?: true
  /** Its call says so long after its start that the next one is due. */
  dueMs?: number
}

export const answers = (text: string, tookMs = 100): Played => ({ text, tookMs })
export const fails = (failureClass: Failure['class'], tookMs = 100, more: Partial<Failure> = {}): Played => ({
  failure: failureOf(failureClass, more),
  tookMs,
})
export const givesWay = (tookMs = 100): Played => fails('cancelled', tookMs, { code: GAVE_WAY_CODE })

export interface Circumstances {
  /** By target: what it does at its first start, at its second, … */
  play: { [target: string]: Played[] }
  /** What the worker knows at each look. Default: nothing bad. */
  snapshots?: (CircuitSnapshot | Error)[]
  /** What the hedge budget says at each question. */
  hedges?: boolean[]
  cancelledMs?: number
  nudgedMs?: number
  /** It can wait for a key. */
  parks?: true
  /** What a call has committed of whose end nobody knows. */
  late?: LateResult
  /** At a pause the run could be continued as new. */
  mayRest?: boolean
  /** What the cache has for the request, and in the place of an error. */
  cached?: Partial<{ [Purpose in Parameters<GenerationHost['lookup']>[0]]: Kept }>
}

type Kept = Awaited<ReturnType<GenerationHost['lookup']>>

export class Cancelled extends Error {}
export class Failed extends Error {
  constructor(readonly failed: FailedGeneration) {
    super(failed.message)
  }
}

export const routeOf = (targets: readonly (string | Candidate)[], more: Partial<Route> = {}): Route => ({
  name: 'r',
  candidates: targets.map((one) => (typeof one === 'string' ? candidate(one) : one)),
  strategy: { type: 'sequence' },
  deadlineMs: 600_000,
  passes: 1,
  circuit: { consecutive: 5, openForMs: 10_000, maxOpenForMs: 10_000, whenAllOpen: 'try' },
  cache: null,
  fallbackOnRefusal: false,
  unsupportedParams: 'fail',
  upstream: 'as-caller',
  ...more,
})

export const inputOf = (route: Route, more: Partial<GenerationInput> = {}): GenerationInput => ({
  id: 'g1',
  tenant: null,
  route,
  request: { messages: [{ role: 'user', content: 'hi' }] },
  deadlineAt: BEGAN_AT + route.deadlineMs,
  searchAttributes: false,
  ...more,
})

interface Call extends RunningCandidate {
  input: CallProviderInput
  played: Played
  startedAt: number
  due: boolean
  end(type: 'as played' | 'cancelled'): CandidateOutcome
}

/** What may come next, and when. */
interface Moment {
  at: number
  next(): Awaited<ReturnType<GenerationHost['next']>>
}

export function fakeHost(circumstances: Circumstances) {
  const { play, snapshots = [], hedges = [], cached = {}, late = null } = circumstances
  let now = BEGAN_AT
  const cancelledAt = BEGAN_AT + (circumstances.cancelledMs ?? Number.POSITIVE_INFINITY)
  const calls: Call[] = []
  const seen = {
    /** `target@ms` of each start, in order. */
    starts: [] as string[],
    inputs: [] as CallProviderInput[],
    overlaps: [] as boolean[],
    /** Targets that were cancelled by the engine. */
    cancelled: [] as string[],
    /** Was each look at the circuits to be a fresh one? */
    looks: [] as boolean[],
    pauses: [] as number[],
    /** What it said before each wait: its phase, and when it would wake, after its begin. */
    shown: [] as string[],
    lookups: [] as string[],
    renewals: 0,
    /** With the sequence of each. */
    lastLooks: [] as number[],
    rested: [] as CarriedDispatch[],
    /** When it began to wait for a key, and whose; then when it looked again. */
    parked: [] as string[],
    ended: [] as Ended[],
    shielded: [] as boolean[],
    counted: [] as PlanEvent[],
    lines: [] as { event: string; [field: string]: unknown }[],
  }

  function begin(input: CallProviderInput, sequence: number): Call {
    const { target } = input.candidate
    const starts = calls.filter((one) => one.input.candidate.target === target).length
    const played = play[target]?.[starts]
    if (played === undefined) throw new Error(`${target} is not expected to be started`)
    let settle: (outcome: CandidateOutcome) => void = () => undefined
    const outcome = new Promise<CandidateOutcome>((resolve) => {
      settle = resolve
    })
    const startedAt = now
    const end: Call['end'] = (type) => {
      const ended = type === 'cancelled' ? cancelledOf(input, now - startedAt) : outcomeOf(input, played)
      const whole = { ...ended, records: ended.records.map((record) => ({ ...record, startedAt })) }
      settle(whole)
      return whole
    }
    const cancel = (): void => {
      seen.cancelled.push(target)
      if (played.mute !== true) end('cancelled')
    }
    return { input, played, startedAt, due: false, sequence, outcome, cancel, end }
  }

  let readings = 0
  const host: GenerationHost = {
    now() {
      readings += 1
      if (readings > READINGS_AT_MOST) throw new Error('the generation does not end')
      return now
    },
    logId: 'log-1',
    circuitReader: {
      circuits(fresh) {
        seen.looks.push(fresh)
        const snapshot = snapshots[seen.looks.length - 1] ?? { unusable: [] }
        return snapshot instanceof Error ? Promise.reject(snapshot) : snapshot
      },
      saw: () => undefined,
      async mayHedge() {
        const allowed = hedges.shift()
        if (allowed === undefined) throw new Error('the budget is not expected to be asked')
        return allowed
      },
    },
    start(input, sequence, overlaps) {
      const call = begin(input, sequence)
      calls.push(call)
      seen.starts.push(`${input.candidate.target}@${now - BEGAN_AT}`)
      seen.inputs.push(input)
      seen.overlaps.push(overlaps)
      return call
    },
    async next(running, wakeAt) {
      const theirs = calls.filter(({ sequence }) =>
        [...running.values()].some((one) => one.sequence === sequence),
      )
      const moments = theirs.flatMap((call): Moment[] => [
        { at: call.startedAt + call.played.tookMs, next: () => call.end('as played') },
        ...(call.played.dueMs === undefined || call.due
          ? []
          : [{ at: call.startedAt + call.played.dueMs, next: () => dueOf(call) }]),
      ])
      if (wakeAt !== null) moments.push({ at: wakeAt, next: () => ({ type: 'woke' }) })
      const [first] = moments.toSorted((a, b) => a.at - b.at)
      if (first === undefined) throw new Error('nothing runs, and nothing wakes')
      const [call] = theirs
      if (call === undefined) seen.pauses.push(first.at - BEGAN_AT)
      if (cancelledAt < first.at) {
        now = cancelledAt
        return call === undefined ? { type: 'woke' } : call.end('cancelled')
      }
      now = Math.max(now, first.at)
      return first.next()
    },
    async pause(wakeAt) {
      seen.pauses.push(wakeAt - BEGAN_AT)
      const nudgedAt = BEGAN_AT + (circumstances.nudgedMs ?? Number.POSITIVE_INFINITY)
      const nudged = now < nudgedAt && nudgedAt < wakeAt
      now = Math.min(cancelledAt, nudged ? nudgedAt : Math.max(now, wakeAt))
      return { type: nudged ? 'nudged' : 'woke' }
    },
    async within(limitMs, shielded, work) {
      seen.shielded.push(shielded)
      let over = false
      const all = work().then(() => {
        over = true
      })
      // Whatever ends at once has ended by then.
      await Promise.race([all, new Promise(setImmediate)])
      if (!over) now += limitMs
    },
    cancelled: () => now >= cancelledAt,
    mayRest: () => circumstances.mayRest === true,
    isCancellation: (error) => error instanceof Cancelled,
    count: (event) => seen.counted.push(event),
    log: (level, event, fields) => seen.lines.push({ level, event, ...fields }),
    async lookup(purpose) {
      seen.lookups.push(purpose)
      return cached[purpose] ?? null
    },
    async lastLook(sequence) {
      seen.lastLooks.push(sequence)
      return late
    },
    async renew() {
      seen.renewals += 1
    },
    show: ({ state, wakeAt }) =>
      seen.shown.push(`${state.phase} ${wakeAt === null ? 'no timer' : wakeAt - BEGAN_AT}`),
    ended: (end) => seen.ended.push(end),
    failure: (failed) => new Failed(failed),
    cancellation: () => new Cancelled('cancelled'),
    ...(circumstances.parks === undefined
      ? {}
      : {
          parking: {
            begin: ({ providers }) => void seen.parked.push(`${providers.join(', ')}@${now - BEGAN_AT}`),
            wait: (_parked, wakeAt) => host.pause(wakeAt),
            random: () => 0.5,
          },
        }),
    async rest(dispatch) {
      seen.rested.push(dispatch)
      throw new Error('continued as new')
    },
  }
  return { host, seen, passedMs: () => now - BEGAN_AT }
}

/** The sequence of a call that is due names its candidate. */
function dueOf(call: Call) {
  call.due = true
  return { type: 'due', candidate: call.input.candidateIndex } as const
}

const recordOf = (
  { candidate: { target }, candidateIndex }: CallProviderInput,
  durationMs: number,
): AttemptRecord => ({
  candidate: candidateIndex,
  target,
  number: 1,
  startedAt: 0,
  durationMs,
})

function outcomeOf(
  input: CallProviderInput,
  { text = '', failure, tookMs, rescue, estimate }: Played,
): CandidateOutcome {
  const { candidateIndex } = input
  const record = recordOf(input, tookMs)
  if (failure !== undefined)
    return {
      type: 'failed',
      candidate: candidateIndex,
      failure,
      records: [{ ...record, failure, ...(estimate === undefined ? {} : { estimate }) }],
    }
  return {
    type: 'succeeded',
    candidate: candidateIndex,
    answeredBy: candidateIndex,
    answer: answerOf(text),
    rescue,
    records: [record],
  }
}

const cancelledOf = (input: CallProviderInput, durationMs: number): CandidateOutcome => ({
  type: 'cancelled',
  candidate: input.candidateIndex,
  records: [{ ...recordOf(input, durationMs), failure: failureOf('cancelled') }],
})
