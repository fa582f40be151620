/**
 * The operation `generate`: a Nexus caller's request -> a generation that reports its end to the caller's workflow.
 *
 * NEXUS-1 Whose the generation is, its endpoint says, which the server names: nothing that a caller sends does. An
 *    endpoint that the config does not name is refused.
 * NEXUS-2 A start that is sent again attaches: the id comes from the idempotency key, or from the operation's request id.
 * NEXUS-3 A key stands for one body: before an operation is attached to a run that is there, their bodies are compared.
 * NEXUS-4 What is wrong with a request ends the operation at once; what is wrong with this cluster is tried again.
 */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
} from '@temporalio/client'
import {
  operationInfo,
  type TemporalNexusClient,
  TemporalOperationResult,
  type TemporalStartOperationContext,
} from '@temporalio/nexus'
import type { Logger } from 'pino'
import { nexusId } from '../../client/identity'
import { type PreparedStart, prepareStart } from '../../client/prepare-start'
import { requireTenant } from '../../client/result'
import { inputOf, runOptions, workflowOf } from '../../client/run-options'
import { startError } from '../../client/start'
import { storedRequest } from '../../client/stored-request'
import type { Config } from '../../config'
import { HoldfastError } from '../../contract/errors'
import type { Activities, GenerationInput, GenerationResult } from '../../contract/generation'
import { isSameBody, readGenerationMemo } from '../../contract/generation-memo'
import type { UsableAttributes } from '../../contract/search-attributes'
import { readNexusRequest } from '../../request/nexus-request'
import type { PayloadStore } from '../../stores/payloads'
import { refusal } from './errors'

export interface NexusDeps {
  config: Config
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: UsableAttributes
  /** Is there one for metadata? */
  searchesMetadata: boolean
  /** How this worker sees the providers. */
  circuitSnapshot: Activities['readCircuits']
  logger: Logger
  /** null: the config names none. */
  payloads: PayloadStore | null
}

type Result = TemporalOperationResult<GenerationResult>
type Started = (input: GenerationInput) => Promise<GenerationResult>

/** Throws HoldfastError, or a HandlerError for an endpoint that is not known. */
export async function startGeneration(
  deps: NexusDeps,
  { requestId }: TemporalStartOperationContext,
  nexusClient: TemporalNexusClient,
  given: unknown,
): Promise<Result> {
  const { config, searchAttributes, circuitSnapshot } = deps
  const tenant = tenantOf(config)
  const request = readNexusRequest(given)
  // NEXUS-2
  const own = request.idempotencyKey === undefined ? { id: nexusId(tenant, requestId) } : {}
  const prepared = prepareStart(config, tenant, request, own)
  const stored = await storedRequest(nexusClient.client, prepared, deps.payloads)
  const input: GenerationInput = {
    ...(await inputOf({ ...prepared, request: stored }, tenant, Date.now(), circuitSnapshot)),
    searchAttributes,
  }
  const start = (workflowIdConflictPolicy: 'FAIL' | 'USE_EXISTING') =>
    nexusClient.startWorkflow<Started>(workflowOf(input), {
      ...runOptions(input, { ...prepared, searchable: searchableOf(deps, prepared) }),
      args: [input],
      workflowIdConflictPolicy,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    })
  try {
    return await start('FAIL').catch(async (error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      const described = await requireSameBody(nexusClient.client, prepared, tenant)
      return described.status.name === 'RUNNING'
        ? start('USE_EXISTING')
        : answerOf(nexusClient.client, described)
    })
  } catch (error) {
    throw error instanceof HoldfastError ? error : await startError(nexusClient.client, input, error)
  }
}

/** NEXUS-1. Throws HoldfastError `not_found` for another tenant's, and for what is no generation. */
export async function cancelGeneration(
  { config }: Pick<NexusDeps, 'config'>,
  client: Client,
  id: string,
): Promise<void> {
  await requireTenant(client, id, tenantOf(config))
  await client.workflow.getHandle(id).cancel()
}

/** NEXUS-1 */
function tenantOf({ nexus }: Config): string | null {
  const { endpoint } = operationInfo()
  const endpoints = nexus?.endpoints ?? {}
  const known = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined
  if (known !== undefined) return known.tenant
  throw refusal(
    'UNAUTHORIZED',
    endpoint === ''
      ? 'The Temporal server does not say through which Nexus endpoint the request came: it has to be 1.30 or newer'
      : `The Nexus endpoint ${endpoint} is none of those in the config of Holdfast's worker (nexus.endpoints)`,
  )
}

const searchableOf = (deps: NexusDeps, { searchable }: PreparedStart): readonly string[] =>
  deps.searchesMetadata && deps.searchAttributes ? searchable : []

/** NEXUS-3 */
async function requireSameBody(
  client: Client,
  prepared: PreparedStart,
  tenant: string | null,
): Promise<WorkflowExecutionDescription> {
  const described = await requireTenant(client, prepared.id, tenant)
  if (isSameBody(readGenerationMemo(described.memo), prepared)) return described
  throw new HoldfastError({
    kind: 'conflict',
    message: 'This idempotency key was used for another request: use a new key for a new request',
    accepted: false,
    generationId: prepared.id,
  })
}

/** Of a run that has ended with one: those without are started again. */
async function answerOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<Result> {
  const handle = client.workflow.getHandle<Started>(workflowId, runId)
  return TemporalOperationResult.sync(await handle.result())
}
