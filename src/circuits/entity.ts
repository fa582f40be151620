/**
 * One provider's entity workflow, as a worker reaches it. Every call has a deadline.
 *
 * ENTITY-1 An entity that is gone (never started, terminated, failed) is started anew, from what was last
 *    read of it.
 * ENTITY-2 An entity of a lower build is ended and started anew from its memo. One of a higher build is left
 *    alone.
 * ENTITY-3 An entity whose tasks no worker gets done counts as unreachable: its memo stands still, and nobody
 *    would get a permit. So it is where a fleet went back to an older build.
 */
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client'
import type { Logger } from 'pino'
import {
  CIRCUIT_BUILD,
  CIRCUIT_MAX_EVENTS,
  CIRCUIT_WORKFLOW,
  CIRCUITS_MEMO,
  type CircuitInput,
  type CircuitsReport,
  circuitWorkflowId,
  PERMIT_OUTCOME_SIGNAL,
  PERMIT_UPDATE,
  type PermitAnswer,
  type PermitOutcome,
  type PermitRequest,
  type PublishedCircuits,
  publish,
  REPORT_SIGNAL,
  readPublished,
} from '../contract/circuits'
import { newProviderCircuits, type ProviderCircuits } from '../domain/circuits/provider-circuits'
import { inTime } from '../util/async'

const CALL_DEADLINE_MS = 2_000
/** No answer within it counts as a refusal. */
const REQUEST_DEADLINE_MS = 500
const WORKFLOW_TASK_TIMEOUT_MS = 5_000
/** ENTITY-3. One more than a worker that was killed in the middle of a task leaves behind. */
const STUCK_AT_ATTEMPT = 3

class EntityStuckError extends Error {
  override readonly name = 'EntityStuckError'
}

export interface CircuitEntity {
  /** What it has published. Starts it where it is not running. Throws when Temporal does not answer. */
  read(): Promise<PublishedCircuits>
  report(report: CircuitsReport): Promise<void>
  reportOutcome(outcome: PermitOutcome): Promise<void>
  /** Throws when there is no answer in time. */
  requestPermit(request: PermitRequest): Promise<PermitAnswer>
}

export interface EntitySettings {
  provider: string
  taskQueue: string
  logger: Logger
  /** For tests of a takeover, and of a continue-as-new. */
  build?: number | undefined
  maxEvents?: number | undefined
}

export function circuitEntity(client: Client, settings: EntitySettings): CircuitEntity {
  const { provider, taskQueue, logger, build = CIRCUIT_BUILD, maxEvents = CIRCUIT_MAX_EVENTS } = settings
  const workflowId = circuitWorkflowId(provider, taskQueue)
  const bounded = <T>(deadlineMs: number, act: () => Promise<T>): Promise<T> =>
    inTime(deadlineMs, client.withDeadline(Date.now() + deadlineMs, act))
  const handle = () => client.workflow.getHandle(workflowId)
  let lastRead: PublishedCircuits | null = null

  async function start(circuits: ProviderCircuits): Promise<PublishedCircuits> {
    const input: CircuitInput = { provider, build, circuits, maxEvents }
    const published = publish(circuits, build)
    await bounded(CALL_DEADLINE_MS, () =>
      client.workflow.start(CIRCUIT_WORKFLOW, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        memo: { [CIRCUITS_MEMO]: published },
        staticSummary: `The circuits of ${provider}`,
        staticDetails: `What the workers of task queue ${taskQueue} agree on about ${provider}. It runs for ever.`,
      }),
    )
    return published
  }

  /** null: there is none, or it has ended. */
  async function describe(): Promise<WorkflowExecutionDescription | null> {
    try {
      const described = await bounded(CALL_DEADLINE_MS, () => handle().describe())
      return described.status.name === 'RUNNING' ? described : null
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null
      throw error
    }
  }

  /** ENTITY-2. Only the run that was described is ended: of two newer workers one comes too late, and ends nothing. */
  async function takeOver({ runId }: WorkflowExecutionDescription, from: PublishedCircuits) {
    logger.info(
      { event: 'circuits_taken_over', provider, fromBuild: from.build, build },
      'circuits taken over from an older build',
    )
    // Should the start below fail, the next read finds nothing that runs.
    lastRead = from
    await bounded(CALL_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId, runId).terminate(`build ${build} takes over`),
    ).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    })
    return start(from.circuits)
  }

  return {
    async read() {
      const described = await describe()
      const published = described === null ? null : readPublished(described.memo?.[CIRCUITS_MEMO])
      if (described === null && lastRead !== null)
        logger.warn(
          { event: 'circuits_ended', provider },
          'the circuits had ended: started anew from what was last read',
        )
      if (described === null) lastRead = await start(lastRead?.circuits ?? newProviderCircuits())
      else if (published !== null && published.build < build) lastRead = await takeOver(described, published)
      else if ((described.raw.pendingWorkflowTask?.attempt ?? 0) >= STUCK_AT_ATTEMPT)
        throw new EntityStuckError(`no worker gets the tasks of ${workflowId} done`)
      else lastRead = published ?? publish(newProviderCircuits(), build)
      return lastRead
    },
    report: (report) => bounded(CALL_DEADLINE_MS, () => handle().signal(REPORT_SIGNAL, report)),
    reportOutcome: (outcome) =>
      bounded(CALL_DEADLINE_MS, () => handle().signal(PERMIT_OUTCOME_SIGNAL, outcome)),
    requestPermit: (request) =>
      bounded(REQUEST_DEADLINE_MS, () =>
        handle().executeUpdate<PermitAnswer, [PermitRequest]>(PERMIT_UPDATE, { args: [request] }),
      ),
  }
}
