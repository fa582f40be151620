/**
 * In which order the candidates of one request stand, before circuits and lacks are looked at (plan.ts). Pure: a replay, a
 * re-enactment and `explain` have the same order from the same record.
 *
 * ORDER-1 A rank stands before the next one, whatever the order: only candidates of the same rank change places.
 * ORDER-2 Nothing is drawn by chance: the id of the generation decides, or the request's key where the route is sticky.
 * ORDER-3 Ties keep the order of the list, and so does everything where nothing is known.
 */
import type { GenerationRequest } from '../request/request'
import { costUsd } from './cost'
import { drawn } from './draw'
import { byLatency, type TargetLatency } from './latency'
import type { Candidate, Order, Route } from './route'
import { inputTokensOf } from './spent'

/** What an order goes by, beside the route. */
export interface OrderFacts {
  /** The generation's. */
  id: string
  /** Of the request, where its route is sticky; null: it has no key, or the route is not. */
  stickyKey: string | null
  request: GenerationRequest
  /** As the worker that read the circuits has seen them. */
  latencies: readonly TargetLatency[]
}

/** One candidate in its place. */
export interface Standing {
  /** Its place in the route, from 0. */
  candidate: number
  /** Milliseconds that its calls take; null: not known. Absent: it is not ordered by latency. */
  ms?: number | null | undefined
  /** It stands first to be measured again (LATENCY-5). */
  again?: true | undefined
  /** US dollars that the request may cost there; null: not known. Absent: it is not ordered by cost. */
  usd?: number | null | undefined
}

type Ranked = Pick<Route, 'candidates' | 'order'>

/** The first one is to be called first. */
export function standingsOf({ candidates, order }: Ranked, facts: OrderFacts): Standing[] {
  const given = candidates.map((one, candidate) => ({ one, candidate }))
  if (order === undefined) return given.map(({ candidate }) => ({ candidate }))
  const ranks = [...new Set(candidates.map(rankOf))].sort((a, b) => a - b)
  return ranks.flatMap((rank) =>
    WAYS[order](
      given.filter(({ one }) => rankOf(one) === rank),
      facts,
    ),
  )
}

/** What is not given is the first rank. */
export const rankOf = ({ rank = 1 }: Pick<Candidate, 'rank'>): number => rank

interface Given {
  one: Candidate
  candidate: number
}

const WAYS: { [order in Order]: (given: readonly Given[], facts: OrderFacts) => Standing[] } = {
  weighted: (given, { id, stickyKey }) =>
    drawn(given, stickyKey ?? id, ({ one }) => ({ name: one.target, weight: one.weight ?? 1 })).map(
      ({ candidate }) => ({ candidate }),
    ),
  latency: (given, { id, latencies }) =>
    byLatency(
      given.map(({ one, candidate }) => ({ target: one.target, candidate })),
      latencies,
      id,
    ).map(({ one, ms, again }) => ({ candidate: one.candidate, ms, again })),
  cost: (given, { request }) =>
    given
      .map(({ one, candidate }) => ({ candidate, usd: expectedUsd(one, request) }))
      .sort((a, b) => (a.usd ?? UNKNOWN_USD) - (b.usd ?? UNKNOWN_USD)),
}

/** Behind every price, and no infinity, of which the difference is no number. */
const UNKNOWN_USD = Number.MAX_VALUE

/** A page of an answer: how long it will be is not known, and who answers at length is dearer by that. */
const EXPECTED_OUTPUT_TOKENS = 500

/** By the prices of its model; what stands before the last answer was sent before, and is priced as read from its cache. */
function expectedUsd({ params, facts }: Candidate, request: GenerationRequest): number | null {
  const { messages, task } = request
  const answered = messages.findLastIndex(({ role }) => role === 'assistant') + 1
  const cachedInputTokens = inputTokensOf({ messages: messages.slice(0, answered) })
  const most = request.params?.maxTokens ?? params.maxTokens ?? EXPECTED_OUTPUT_TOKENS
  const outputTokens = task === undefined ? Math.min(EXPECTED_OUTPUT_TOKENS, most) : 0
  return costUsd({ inputTokens: inputTokensOf(request), cachedInputTokens, outputTokens }, facts)
}
