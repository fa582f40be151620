/**
 * A place where a recorded generation runs again: the providers and the circuits as they were recorded, on a clock that
 * jumps from one event to the next.
 */
import type { CircuitSnapshot, GenerationInput } from '../contract/generation'
import type { FailedGeneration } from '../domain/failures/failed-generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import { cacheQuery } from '../engine/steps'
import type { CandidateOutcome, GenerationHost, RunningCandidate } from '../engine/types'
import type { Run } from '../history'
import { type CandidateCourse, type CourseSettings, candidateCourse } from './candidate-course'

/** The record says no more. */
export class UnknownError extends Error {
  constructor(
    message: string,
    /** Of the candidates that ran. */
    readonly records: readonly AttemptRecord[],
  ) {
    super(message)
  }
}

/** The generation ended without an answer. */
export class UnansweredError extends Error {
  constructor(
    readonly kind: FailedGeneration['kind'] | 'cancelled',
    message: string,
  ) {
    super(message)
  }
}

export interface ReenactHost {
  host: GenerationHost
  /** Epoch milliseconds of the clock that jumps. */
  now(): number
}

interface Call extends RunningCandidate {
  course: CandidateCourse
  settle(outcome: CandidateOutcome): void
}

export function reenactHost(run: Run, input: GenerationInput, settings: CourseSettings): ReenactHost {
  let now = run.startedAt
  let hedges = 0
  const cancelledAt = run.cancels.find(({ by }) => by === 'caller')?.at ?? Number.POSITIVE_INFINITY
  const calls = new Map<number, Call>()

  const host: GenerationHost = {
    now: () => now,
    show: () => undefined,
    logId: run.id,
    circuitReader: {
      circuits: () => snapshotAt(run, now),
      saw: () => undefined,
      // As it said then; where it was not queried, it has room.
      mayHedge: async () => (run.hedges[hedges++] ?? run.hedges.at(-1))?.allowed ?? true,
    },
    start(call, sequence) {
      const course = candidateCourse(call, now, settings)
      let settle: Call['settle'] = () => undefined
      const ended = new Promise<CandidateOutcome>((resolve) => {
        settle = resolve
      })
      const candidate = call.candidateIndex
      const cancel = (): void => settle({ type: 'cancelled', candidate, records: course.recordsAt(now) })
      const running: Call = { sequence, outcome: ended, cancel, course, settle }
      calls.set(sequence, running)
      return running
    },
    async next(running, wakeAt) {
      const courses = [...running.values()].flatMap(({ sequence }) => calls.get(sequence) ?? [])
      const [first] = courses.toSorted((a, b) => a.course.endsAt - b.course.endsAt)
      const endsAt = first?.course.endsAt ?? Number.POSITIVE_INFINITY
      const moment = Math.min(endsAt, wakeAt ?? Number.POSITIVE_INFINITY)
      if (moment >= cancelledAt) return woken(cancelledAt)
      if (first === undefined || endsAt > moment) return woken(moment)
      now = Math.max(now, endsAt)
      const { end } = first.course
      if (end.type === 'unknown')
        throw new UnknownError(
          end.why,
          courses.flatMap(({ course }) => course.recordsAt(now)),
        )
      first.settle(end)
      return end
    },
    pause: async (wakeAt) => woken(Math.min(wakeAt, cancelledAt)),
    within: async (_limitMs, _shielded, work) => void (await work()),
    cancelled: () => now >= cancelledAt,
    mayRest: () => false,
    isCancellation: (error) => error instanceof UnansweredError && error.kind === 'cancelled',
    count: () => undefined,
    log: () => undefined,
    lookup: async (purpose) => {
      if (cacheQuery(input, purpose) === null) return null
      const hit = run.cache.find((lookup) => lookup.purpose === purpose)?.hit ?? null
      if (hit === null) return null
      return { ...hit, answer: run.answer ?? settings.answerOf(hit.target, null) }
    },
    lastLook: async () => null,
    renew: async () => undefined,
    ended: () => undefined,
    failure: ({ kind, message }) => new UnansweredError(kind, message),
    cancellation: () => new UnansweredError('cancelled', 'The generation was cancelled'),
    parking: {
      begin({ providers }) {
        const whose = providers.length === 0 ? '' : ` of ${providers.join(', ')}`
        throw new UnknownError(
          `it is parked for lack of a valid key${whose}: when a person mends it is no part of a policy`,
          [],
        )
      },
      wait: async (_parked, wakeAt) => woken(wakeAt),
      random: () => 0.5,
    },
    rest: () => Promise.reject(new Error('a generation that runs again is not continued as new')),
  }

  function woken(at: number): { type: 'woke' } {
    now = Math.max(now, at)
    return { type: 'woke' }
  }

  return { host, now: () => now }
}

/** The latest that was read by then, less what had run out. */
function snapshotAt({ plans }: Run, now: number): CircuitSnapshot {
  const { unusable = [], blocked = [], latencies } = plans.findLast(({ at }) => at <= now) ?? plans[0] ?? {}
  return { unusable, blocked: blocked.filter(({ until }) => until === null || until > now), latencies }
}
