/**
 * The circuits as an operator sees them: read from the memo of each provider's entity workflow, as workers do.
 * Needs no worker, and starts nothing.
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Config } from '../config'
import { CIRCUITS_MEMO, circuitWorkflowId, type PublishedCircuits, readPublished } from '../contract/circuits'
import { type CircuitState, stateOf } from '../domain/circuits/circuits-report'
import { circuitOf, type Scope } from '../domain/circuits/provider-circuits'
import type { FailureClass } from '../domain/failures/failure'
import { candidatesOf } from '../domain/routing/route'
import { createSemaphore } from '../util/semaphore'
import { grpcReason } from './grpc-errors'

const DESCRIBE_DEADLINE_MS = 2_000
const READS_AT_ONCE = 10

/** All moments in epoch milliseconds. */
export interface CircuitRow extends CircuitState {
  /** `provider/model`, or `provider`: the account's own circuit. */
  target: string
  provider: string
  model: Scope
  /** Reported since it last was well. Counts by themselves are not published: they go along with the next change. */
  failures: { count: number; lastAt: number; lastClass: FailureClass | null } | null
  version: number
}

export interface KnownProvider {
  provider: string
  workflowId: string
  known: true
  /** Of the entity's code. */
  build: number
  /** The account's first. */
  circuits: CircuitRow[]
}

export interface UnknownProvider {
  provider: string
  workflowId: string
  known: false
  reason: string
}

export type EntityRead =
  | { ok: true; published: PublishedCircuits }
  /** `missing`: there is no entity that runs; else Temporal did not answer. */
  | { ok: false; missing: boolean; reason: string }

/** What one provider's entity has published. Never rejects. */
export async function readEntity(client: Client, provider: string, taskQueue: string): Promise<EntityRead> {
  const workflowId = circuitWorkflowId(provider, taskQueue)
  try {
    const { status, memo } = await client.withDeadline(Date.now() + DESCRIBE_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    )
    if (status.name !== 'RUNNING')
      return missing(`it has ended (${status.name.toLowerCase()}); a worker with traffic starts it anew`)
    const published = readPublished(memo?.[CIRCUITS_MEMO])
    return published === null
      ? { ok: false, missing: false, reason: `the memo of ${workflowId} is not Holdfast's` }
      : { ok: true, published }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      return missing(`never started on task queue ${taskQueue}: a worker starts it when it boots`)
    return { ok: false, missing: false, reason: `Temporal did not answer: ${grpcReason(error)}` }
  }
}

const missing = (reason: string): EntityRead => ({ ok: false, missing: true, reason })

/**
 * Every provider of the config: its account, the models that its entity knows, and those that the config's routes
 * name. A provider that can't be read is listed with the reason. Never rejects. `now` in epoch milliseconds.
 */
export async function listCircuits(
  client: Client,
  config: Config,
  taskQueue: string,
  now: number,
): Promise<(KnownProvider | UnknownProvider)[]> {
  const limit = createSemaphore(READS_AT_ONCE)
  const read = async (provider: string): Promise<KnownProvider | UnknownProvider> => {
    const workflowId = circuitWorkflowId(provider, taskQueue)
    const entity = await limit(() => readEntity(client, provider, taskQueue))
    if (!entity.ok) return { provider, workflowId, known: false, reason: entity.reason }
    const { published } = entity
    const scopes: Scope[] = [null, ...knownModels(config, provider, published)]
    const circuits = scopes.map((scope) => circuitRow(provider, scope, published, now))
    return { provider, workflowId, known: true, build: published.build, circuits }
  }
  return Promise.all(Object.keys(config.providers).map(read))
}

/** Those of the config's routes and of the entity, sorted. */
export function knownModels(config: Config, provider: string, { circuits }: PublishedCircuits): string[] {
  const named = candidatesOf(config.routes)
    .filter((candidate) => candidate.provider === provider)
    .map(({ model }) => model)
  return [...new Set([...named, ...Object.keys(circuits.models)])].sort()
}

/** One circuit. `now` in epoch milliseconds. */
export function circuitRow(
  provider: string,
  model: Scope,
  { circuits }: PublishedCircuits,
  now: number,
): CircuitRow {
  const circuit = circuitOf(circuits, model)
  const { recent, version } = circuit
  return {
    target: targetOf(provider, model),
    provider,
    model,
    ...stateOf(circuit, now),
    failures: recent === null ? null : { count: recent.failures, lastAt: recent.at, lastClass: recent.class },
    version,
  }
}

export const targetOf = (provider: string, model: Scope): string =>
  model === null ? provider : `${provider}/${model}`
