/** How a generation went, or would go: the same facts of a record and of what runs again, so that they can be compared. */
import type { ErrorKind, Served } from '../contract/generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import { costUsd } from '../domain/routing/cost'
import type { Route } from '../domain/routing/route'
import type { Run } from '../history'

/** How a generation went, or would go. */
export interface Enacted {
  outcome: 'answered' | ErrorKind | 'running' | 'terminated' | 'unknown'
  /** Who answered; null: nobody. */
  target: string | null
  served: Served | null
  /** From its first call to its answer, or to the end of its last call: without Temporal's own share. null: not ended, or not known. */
  totalMs: number | null
  /** To providers, those that were cancelled too. */
  calls: number
  /** US dollars for all calls whose price and usage are known; null: for none of them. */
  costUsd: number | null
  /** Of an error: what its caller reads. */
  message: string | null
  attempts: AttemptRecord[]
}

export const paid = (
  attempts: AttemptRecord[],
  { candidates }: Route,
): Pick<Enacted, 'calls' | 'costUsd' | 'attempts'> => ({
  attempts,
  calls: callsOf(attempts),
  costUsd: sumOf(
    attempts.map(({ usage, candidate }) => costUsd(usage ?? null, candidates[candidate]?.facts ?? {})),
  ),
})

/** As it was recorded. */
export function recorded(run: Run): Enacted {
  const { outcome, attempts } = run
  const records = attempts.map(recordOf)
  const facts = {
    totalMs: run.endedAt === null ? null : spanMs(run),
    calls: callsOf(records),
    costUsd: run.costUsd,
    attempts: records,
  }
  switch (outcome.type) {
    case 'answered':
      return { outcome: 'answered', target: outcome.target, served: outcome.served, message: null, ...facts }
    case 'running':
    case 'continued':
      return { outcome: 'running', target: null, served: null, message: null, ...facts }
    case 'failed':
      return {
        outcome: outcome.kind ?? 'unavailable',
        target: null,
        served: null,
        message: outcome.message,
        ...facts,
      }
    default: {
      const kind = outcome.type === 'timed_out' ? 'deadline_exceeded' : outcome.type
      return { outcome: kind, target: null, served: null, message: outcome.message, ...facts }
    }
  }
}

/** Also those that were cancelled: they are paid. */
const callsOf = (records: readonly AttemptRecord[]): number =>
  records.filter(({ failure }) => failure?.class !== 'not_admitted').length

/** From its first call to the end of its last, or of the one that answered. */
function spanMs({ attempts, durationMs }: Run): number | null {
  const [first] = attempts
  if (first === undefined) return durationMs
  const deciding = attempts.filter(({ served }) => served)
  const ends = (deciding.length > 0 ? deciding : attempts).map((one) => one.startedAt + (one.durationMs ?? 0))
  return Math.max(...ends) - first.startedAt
}

const recordOf = ({
  candidate,
  target,
  number,
  startedAt,
  durationMs,
  failure,
  retryInMs,
  usage,
}: Run['attempts'][number]): AttemptRecord => ({
  candidate,
  target,
  number,
  startedAt,
  durationMs: durationMs ?? 0,
  ...(failure === null ? {} : { failure }),
  ...(retryInMs === null ? {} : { retryInMs }),
  ...(usage === null ? {} : { usage }),
})

function sumOf(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((cost) => cost !== null)
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0)
}
