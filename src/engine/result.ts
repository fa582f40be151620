/** The one place where a generation's result is put together. */
import { type GenerationResult, MAX_CARRIED_BYTES } from '../contract/generation'
import { jsonBytes } from '../domain/request/json'
import { type AttemptRecord, boundedRecords } from '../domain/routing/attempt'
import type { Answer } from '../domain/streaming/answer'

/** Of a result or a failure beside what is measured: ids, names, numbers. */
export const ENVELOPE_BYTES = 8 * 1024

/** What a result holds beside the answer. */
export interface ResultFacts
  extends Pick<
    GenerationResult,
    'id' | 'route' | 'target' | 'served' | 'cacheAgeMs' | 'durable' | 'costUsd' | 'rescue'
  > {
  attempts: readonly AttemptRecord[]
  /** Epoch milliseconds. */
  startedAt: number
  finishedAt: number
}

/** An answer that leaves none goes to the payload store, its records with it: they need no more than alone. */
function roomBeside(answer: Answer): number {
  const room = MAX_CARRIED_BYTES - jsonBytes(answer) - ENVELOPE_BYTES
  return room > 0 ? room : MAX_CARRIED_BYTES
}

/** Its records are bounded: with the answer they have to fit what the cluster carries. */
export function generationResult(answer: Answer, facts: ResultFacts): GenerationResult {
  const { id, route, target, served, cacheAgeMs, rescue, durable, costUsd } = facts
  const { attempts, startedAt, finishedAt } = facts
  return {
    ...answer,
    id,
    route,
    target,
    served,
    ...(cacheAgeMs === undefined ? {} : { cacheAgeMs }),
    ...(rescue === undefined ? {} : { rescue }),
    ...(durable === undefined ? {} : { durable }),
    attempts: boundedRecords([...attempts], roomBeside(answer)),
    costUsd,
    timings: { startedAt, finishedAt, totalMs: finishedAt - startedAt },
  }
}
