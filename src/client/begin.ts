/** Starts a caller's request, or attaches to the run that is there under its id. */
import { HoldfastError } from '../contract/errors'
import type { GenerationInput } from '../contract/generation'
import type { PayloadStore } from '../stores/payloads'
import { createSingleFlight } from '../util/async'
import { createSemaphore } from '../util/semaphore'
import { type AttachDeps, requireAnswerable } from './attach'
import type { Begun } from './coalesced'
import type { HangUps } from './hang-ups'
import type { InternalOptions, OpenOptions } from './internal'
import type { PreparedStart } from './prepare-start'
import { inputOf } from './run-options'
import { throwIfAborted } from './signal'
import { type Started, startGeneration } from './start'
import { storedRequest } from './stored-request'
import type { TemporalClients } from './temporal-client'

/**
 * The deadline of a start call is 2 s: a burst sent all at once would wait for itself so long in a small server
 * that starts which were accepted look as if they were not.
 */
const STARTS_AT_ONCE = 16

export interface BeginDeps extends AttachDeps, Pick<InternalOptions, 'circuitSnapshot'> {
  /** null: the config names none. */
  payloads: PayloadStore | null
  temporalClients: TemporalClients
  hangUps: HangUps
  taskQueue: string
  eager: boolean
}

/** What it makes throws HoldfastError. */
export function createBegin(
  deps: BeginDeps,
): (prepared: PreparedStart, how?: Pick<OpenOptions, 'priority' | 'resumes'>) => Promise<Begun> {
  const { tenant, taskQueue, eager } = deps
  const startTurns = createSemaphore(STARTS_AT_ONCE)
  const singleFlight = createSingleFlight<Started>()

  return async (prepared, { priority, resumes = false } = {}) => {
    const { id, shared, body, unlabelled, metadata, signal } = prepared
    throwIfAborted(signal)
    const { client, searchAttributes, searchesMetadata } = await deps.temporalClients.open(false)
    throwIfAborted(signal)
    if (resumes) await requireAnswerable(id, deps)
    const request = await storedRequest(client, prepared, deps.payloads)
    throwIfAborted(signal)
    const startedAt = Date.now()
    const input: GenerationInput = {
      ...(await inputOf({ ...prepared, request }, tenant, startedAt, deps.circuitSnapshot)),
      // Nobody looks for a count.
      searchAttributes: prepared.request.task?.type === 'count' ? false : searchAttributes,
    }
    const { deadlineAt } = input
    const searchable = searchesMetadata && input.searchAttributes ? prepared.searchable : []
    const beside = { body, unlabelled, metadata, searchable }
    const started = await singleFlight(`${id} ${body}`, () =>
      startTurns(() => {
        // Nobody else could want it.
        if (shared === null) throwIfAborted(signal)
        return startGeneration(client, input, { ...beside, taskQueue, shared, eager, priority })
      }),
    ).catch((error: unknown) => {
      // Its caller sends it again under another id.
      const unknown = error instanceof HoldfastError && error.accepted === 'unknown'
      if (unknown && shared === null) void deps.hangUps.hangUp(id, deadlineAt, true)
      throw error
    })
    return { id, shared, startedAt, deadlineAt, parks: input.route.park !== undefined, ...started }
  }
}
