/**
 * Generations and their shadows side by side (workflows/shadow.ts): who answered, how soon, at what cost, and how much the
 * two answers are alike.
 */
import type { Client } from '@temporalio/client'
import { distance } from 'fastest-levenshtein'
import type { GenerationResult } from '../contract/generation'
import { generationIdOf, SHADOW_SUFFIX } from '../contract/shadow'
import { createSemaphore } from '../util/semaphore'
import { type ListedGeneration, type ListFilter, listed, listGenerations } from './list-generations'

export interface ShadowSide
  extends Pick<ListedGeneration, 'id' | 'outcome' | 'target' | 'failures' | 'costUsd'> {
  /** Milliseconds from its start to its end; null: it runs. */
  tookMs: number | null
  /** null: none were reported, or it has no answer. */
  outputTokens: number | null
}

export interface ShadowPair {
  route: string
  /** null: the namespace keeps it no longer. */
  generation: ShadowSide | null
  shadow: ShadowSide
  /**
   * 1: text and tool calls are equal. Else, how much of the longer text stands in the other one, 0 to 1, by their edit
   * distance. null: one of the two has no answer.
   */
  similarity: number | null
}

const READS_AT_ONCE = 8
/** The distance of two texts costs the product of their lengths. */
const MAX_COMPARED_CHARS = 4_000

/** The latest first. `routes`: those whose shadows are listed. Throws as `listGenerations` does. */
export async function listShadowPairs(
  client: Client,
  filter: Omit<ListFilter, 'route'>,
  routes: readonly string[],
  limit: number,
): Promise<ShadowPair[]> {
  const shadows = await listGenerations(client, { ...filter, routes: routes.map(shadowRoute) }, limit)
  const turn = createSemaphore(READS_AT_ONCE)
  return Promise.all(shadows.map((shadow) => turn(() => pairOf(client, shadow))))
}

const shadowRoute = (route: string): string => `${route}${SHADOW_SUFFIX}`

async function pairOf(client: Client, shadow: ListedGeneration): Promise<ShadowPair> {
  const generation = await describedAs(client, generationIdOf(shadow.id))
  const [answer, other] = await Promise.all([
    generation === null ? null : answerOf(client, generation),
    answerOf(client, shadow),
  ])
  return {
    route: (shadow.route ?? '').slice(0, -SHADOW_SUFFIX.length),
    generation: generation === null ? null : sideOf(generation, answer),
    shadow: sideOf(shadow, other),
    similarity: answer === null || other === null ? null : similarityOf(answer, other),
  }
}

const describedAs = (client: Client, id: string): Promise<ListedGeneration | null> =>
  client.workflow
    .getHandle(id)
    .describe()
    .then(listed, () => null)

/** null: it has none. */
const answerOf = (
  { workflow }: Client,
  { id, runId, outcome }: ListedGeneration,
): Promise<GenerationResult | null> =>
  outcome === 'answered'
    ? workflow
        .getHandle<() => Promise<GenerationResult>>(id, runId)
        .result()
        .catch(() => null)
    : Promise.resolve(null)

const sideOf = (
  { id, outcome, target, failures, costUsd, startedAt, endedAt }: ListedGeneration,
  answer: GenerationResult | null,
): ShadowSide => ({
  id,
  outcome,
  target,
  failures,
  costUsd: answer?.costUsd ?? costUsd,
  tookMs: endedAt === null ? null : endedAt - startedAt,
  outputTokens: answer?.usage?.outputTokens ?? null,
})

type Said = Pick<GenerationResult, 'text' | 'toolCalls'>

export function similarityOf(one: Said, other: Said): number {
  if (wordsOf(one) === wordsOf(other)) return 1
  const [a, b] = [wordsOf(one).slice(0, MAX_COMPARED_CHARS), wordsOf(other).slice(0, MAX_COMPARED_CHARS)]
  return 1 - distance(a, b) / Math.max(a.length, b.length, 1)
}

/** Ids of calls differ from provider to provider. */
const wordsOf = ({ text, toolCalls }: Said): string =>
  [text, ...toolCalls.map(({ name, arguments: given }) => `${name} ${JSON.stringify(given)}`)].join('\n')
