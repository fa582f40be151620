/**
 * In which order the candidates of one request stand, before circuits and lacks are looked at (plan.ts). Pure: a replay, a
 * re-enactment and `explain` have the same order from the same record.
 *
 * ORDER-1 A rank stands before the next one, whatever the order: only candidates of the same rank change places.
 * ORDER-2 Nothing is left to chance but the seed, which stands in the input. What a sticky key decides is decided before: the
 *    key is its caller's, and the places alone stand there. So are those by cost: nothing of the request changes them.
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
  /** What is drawn is drawn by it. */
  seed: string
  /** Decided already: candidates by their places in the route. Default: they are drawn. */
  places?: readonly number[] | undefined
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
}

type Ranked = Pick<Route, 'candidates' | 'order'>

/** The first one is to be called first. */
export function standingsOf({ candidates, order }: Ranked, facts: OrderFacts): Standing[] {
  const given = candidates.map((one, candidate) => ({ one, candidate }))
  if (order === undefined) return given.map(({ candidate }) => ({ candidate }))
  if (order !== 'latency' && isEachOf(given, facts.places))
    return facts.places.map((candidate) => ({ candidate }))
  const ranks = [...new Set(candidates.map(rankOf))].sort((a, b) => a - b)
  return ranks.flatMap((rank) =>
    WAYS[order](
      given.filter(({ one }) => rankOf(one) === rank),
      facts,
    ),
  )
}

/** A history may be written by others, and a run be enacted under another route. */
const isEachOf = (
  given: readonly unknown[],
  places: readonly number[] | undefined,
): places is readonly number[] =>
  places?.length === given.length && given.every((_one, candidate) => places.includes(candidate))

/** What is not given is the first rank. */
export const rankOf = ({ rank = 1 }: Pick<Candidate, 'rank'>): number => rank

interface Given {
  one: Candidate
  candidate: number
}

const WAYS: { [order in Order]: (given: readonly Given[], facts: OrderFacts) => Standing[] } = {
  weighted: (given, { seed }) =>
    drawn(given, seed, ({ one }) => ({ name: one.target, weight: one.weight ?? 1 })).map(({ candidate }) => ({
      candidate,
    })),
  latency: (given, { seed, latencies }) =>
    byLatency(
      given.map(({ one, candidate }) => ({ target: one.target, candidate })),
      latencies,
      seed,
    ).map(({ one, ms, again }) => ({ candidate: one.candidate, ms, again })),
  cost: (given, { request }) =>
    given
      .map(({ one, candidate }) => ({ candidate, usd: expectedUsd(one, request) }))
      .sort((a, b) => (a.usd ?? UNKNOWN_USD) - (b.usd ?? UNKNOWN_USD))
      .map(({ candidate }) => ({ candidate })),
}

/** Behind every price, and no infinity, of which the difference is no number. */
const UNKNOWN_USD = Number.MAX_VALUE

/** A page of an answer: how long it will be is not known, and who answers at length is dearer by that. */
const EXPECTED_OUTPUT_TOKENS = 500

/** What a request may cost there, by the prices of its model; null: not known. what stands before the last answer was sent before, and is priced as read from its cache. */
export function expectedUsd({ params, facts }: Candidate, request: GenerationRequest): number | null {
  const { messages, task } = request
  const answered = messages.findLastIndex(({ role }) => role === 'assistant') + 1
  const cachedInputTokens = inputTokensOf({ messages: messages.slice(0, answered) })
  const most = request.params?.maxTokens ?? params.maxTokens ?? EXPECTED_OUTPUT_TOKENS
  const outputTokens = task === undefined ? Math.min(EXPECTED_OUTPUT_TOKENS, most) : 0
  return costUsd({ inputTokens: inputTokensOf(request), cachedInputTokens, outputTokens }, facts)
}
