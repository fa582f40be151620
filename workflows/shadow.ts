/**
 * The same request on another target, after its answer: to be compared (docs/shadow.md), never to be served.
 *
 * SHADOW-1 Its caller waits for one workflow task more, and for nothing of the shadow's: Temporal starts no child of a
 *    run that has ended, so the run waits for the start.
 * SHADOW-2 It is a generation of its own, behind everything that somebody waits for. It outlives this one, makes one
 *    call, and neither reads nor writes the cache nor publishes words.
 * SHADOW-3 Only what a provider has answered has one: there is nothing else to compare it with.
 */
import { log, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow'
import {
  BATCH_PRIORITY,
  GENERATION_WORKFLOW,
  type GenerationInput,
  type GenerationResult,
} from '../src/contract/generation'
import { startAttributes } from '../src/contract/generation-attributes'
import { generationMemo } from '../src/contract/generation-memo'
import { SHADOW_SUFFIX, shadowIdOf } from '../src/contract/shadow'
import { jsonBytes } from '../src/domain/request/json'
import type { Candidate, Route } from '../src/domain/routing/route'

/** With an answer of the greatest size it still fits one task of Temporal's. */
const MAX_SHADOWED_BYTES = 1024 * 1024
/** Past its deadline it ends itself. */
const MARGIN_MS = 60_000
/** A search attribute holds so many characters. */
const MAX_ROUTE_CHARS = 255

/** Its result, or its failure; only an answer has a shadow. */
export async function shadowed(
  generation: Promise<GenerationResult>,
  input: GenerationInput,
  candidate: Candidate,
): Promise<GenerationResult> {
  const result = await generation
  // SHADOW-3
  if (result.served === 'provider' && jsonBytes(input.request) <= MAX_SHADOWED_BYTES)
    await startShadow(input, candidate)
  return result
}

/** Never rejects. */
async function startShadow(input: GenerationInput, candidate: Candidate): Promise<void> {
  const shadow = shadowOf(input, candidate)
  const { route, tenant } = shadow
  try {
    await startChild(GENERATION_WORKFLOW, {
      workflowId: shadow.id,
      args: [shadow],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // Where no worker takes it, it ends.
      workflowExecutionTimeout: route.deadlineMs + MARGIN_MS,
      priority: { ...workflowInfo().priority, priorityKey: BATCH_PRIORITY },
      memo: generationMemo({ tenant, body: null }),
      staticSummary: `shadow of ${input.id}: ${candidate.target}`,
      ...(input.searchAttributes ? { typedSearchAttributes: startAttributes(route.name, tenant) } : {}),
    })
  } catch (error) {
    log.warn('a shadow was not started', { event: 'shadow', generation: input.id, reason: String(error) })
  }
}

/** SHADOW-2 */
function shadowOf(
  { id, tenant, request, searchAttributes, route: given }: GenerationInput,
  candidate: Candidate,
): GenerationInput {
  const { express: _express, ...common } = given
  const { name, deadlineMs, circuit } = common
  const route: Route = {
    ...common,
    name: `${name.slice(0, MAX_ROUTE_CHARS - SHADOW_SUFFIX.length)}${SHADOW_SUFFIX}`,
    candidates: [candidate],
    strategy: { type: 'sequence' },
    passes: 1,
    circuit: circuit && { ...circuit, whenAllOpen: 'fail' },
    cache: null,
  }
  const deadlineAt = Date.now() + deadlineMs
  return { id: shadowIdOf(id), tenant, route, request, searchAttributes, deadlineAt, deadlineMs }
}
