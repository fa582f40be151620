/** One provider's entity workflow, as a worker reaches it (src/temporal/entity.ts). */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import {
  CIRCUIT_BUILD,
  CIRCUIT_MAX_EVENTS,
  CIRCUIT_WORKFLOW,
  CIRCUITS_MEMO,
  type CircuitInput,
  type CircuitsReport,
  circuitWorkflowId,
  NEW_KEY_UPDATE,
  type NewKeyRequest,
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
import { newProviderCircuits } from '../domain/circuits/provider-circuits'
import { entityOf } from '../temporal/entity'

export interface CircuitEntity {
  /** What it has published. Starts it where it is not running. Throws when Temporal does not answer. */
  read(): Promise<PublishedCircuits>
  report(report: CircuitsReport): Promise<void>
  reportOutcome(outcome: PermitOutcome): Promise<void>
  /** Throws when there is no answer in time. */
  requestPermit(request: PermitRequest): Promise<PermitAnswer>
  /** As of requestPermit. Announced again by the same worker, it is the same. */
  announceKey(request: NewKeyRequest): Promise<PublishedCircuits>
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
  const entity = entityOf<PublishedCircuits>(client, {
    workflowType: CIRCUIT_WORKFLOW,
    workflowId: circuitWorkflowId(provider, taskQueue),
    taskQueue,
    memo: CIRCUITS_MEMO,
    build,
    readPublished,
    begin(from) {
      const circuits = from?.circuits ?? newProviderCircuits()
      const input: CircuitInput = { provider, build, circuits, maxEvents }
      return { input, published: publish(circuits, build) }
    },
    summary: `The circuits of ${provider}`,
    details: `What the workers of task queue ${taskQueue} agree on about ${provider}. It runs for ever.`,
    onEnded: () =>
      logger.warn(
        { event: 'circuits_ended', provider },
        'the circuits had ended: started anew from what was last read',
      ),
    onTakenOver: (fromBuild) =>
      logger.info(
        { event: 'circuits_taken_over', provider, fromBuild, build },
        'circuits taken over from an older build',
      ),
  })
  return {
    read: entity.read,
    report: (report) => entity.signal(REPORT_SIGNAL, report),
    reportOutcome: (outcome) => entity.signal(PERMIT_OUTCOME_SIGNAL, outcome),
    requestPermit: (request) => entity.update<PermitAnswer>(PERMIT_UPDATE, request),
    announceKey: (request) => entity.update<PublishedCircuits>(NEW_KEY_UPDATE, request),
  }
}
