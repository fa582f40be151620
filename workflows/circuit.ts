/**
 * The circuits of one provider, held for the whole cluster: a workflow that runs for ever.
 *
 * CIRCUIT-WORKFLOW-1 What changes is published in the memo, in the workflow task that changed it: readers
 *    describe, and never query.
 * CIRCUIT-WORKFLOW-2 Handlers are synchronous: between two of them the state is whole, and none is cut off by
 *    a continue-as-new.
 * CIRCUIT-WORKFLOW-3 A continue-as-new carries the state and the memo. Without the memo it would fall back to
 *    its first value, and every worker would see the circuits of the day the entity was first started.
 * CIRCUIT-WORKFLOW-4 A run belongs to the build that started it: a worker of another build fails the task,
 *    and Temporal gives it to the next one.
 * CIRCUIT-WORKFLOW-5 A message that makes no sense (sent by hand, say) changes nothing: it must not stop the
 *    entity for good.
 * CIRCUIT-WORKFLOW-6 It goes over to a new build with its next task: it never ends, so no build could wait for its end.
 */
import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  CIRCUIT_BUILD,
  CIRCUITS_MEMO,
  type CircuitInput,
  type CircuitsReport,
  DRILL_FORCE_UPDATE,
  type DrillForceRequest,
  FORCE_UPDATE,
  type ForceRequest,
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
} from '../src/contract/circuits'
import { changesOf, circuitsTable } from '../src/domain/circuits/circuits-report'
import {
  attemptAdmission,
  newProviderCircuits,
  type ProviderEvent,
  type ReduceProvider,
  reduceProvider,
} from '../src/domain/circuits/provider-circuits'
import { betweenBuilds } from './between-builds'
import { reportCircuit } from './reports'

export const circuit = circuitEntity(CIRCUIT_BUILD, reduceProvider)
// CIRCUIT-WORKFLOW-6
setWorkflowOptions(betweenBuilds('AUTO_UPGRADE'), circuit)

/** The entity around a reducer. A parameter, so that two builds can be run against each other. */
export function circuitEntity(build: number, reduce: ReduceProvider) {
  return async function circuit(input: CircuitInput): Promise<void> {
    if (input.build !== build)
      throw new Error(`This run is of circuit build ${input.build}, this worker of build ${build}`)
    let circuits = input.circuits ?? newProviderCircuits()
    let published = publish(circuits, build)

    const apply = (read: () => ProviderEvent): void => {
      const before = circuits
      try {
        circuits = reduce(before, read(), Date.now())
      } catch (error) {
        // CIRCUIT-WORKFLOW-5
        log.error('a message to the circuits was not understood', {
          event: 'circuit_message',
          error: String(error),
        })
        return
      }
      for (const { target, from, to, until, version } of changesOf(
        input.provider,
        before,
        circuits,
        Date.now(),
      )) {
        reportCircuit({ target, to, version })
        log[to === 'closed' ? 'info' : 'warn']('circuit', { event: 'circuit', target, from, to, until })
      }
      const next = publish(circuits, build)
      if (says(next) === says(published)) return
      published = next
      upsertMemo({ [CIRCUITS_MEMO]: published })
      setCurrentDetails(circuitsTable(input.provider, circuits, Date.now()))
    }

    setHandler(defineSignal<[CircuitsReport]>(REPORT_SIGNAL), (report) =>
      apply(() => ({ type: 'reported', reports: report.reports, holds: report.holds })),
    )
    setHandler(defineSignal<[PermitOutcome]>(PERMIT_OUTCOME_SIGNAL), (permit) =>
      apply(() => ({ type: 'permitEnded', ...permit })),
    )
    setHandler(
      defineUpdate<PermitAnswer, [PermitRequest]>(PERMIT_UPDATE),
      (permitRequest) => {
        apply(() => ({ type: 'permitRequested', ...permitRequest }))
        const { admitted } = attemptAdmission(circuits, permitRequest.model, permitRequest.id, Date.now())
        return { granted: admitted, published }
      },
      { validator: requireText('id', 'model') },
    )
    setHandler(
      defineUpdate<PublishedCircuits, [ForceRequest]>(FORCE_UPDATE),
      ({ model, to }) => {
        apply(() => ({ type: 'forced', scope: model, to }))
        return published
      },
      { validator: requireText('to') },
    )
    setHandler(
      defineUpdate<PublishedCircuits, [DrillForceRequest]>(DRILL_FORCE_UPDATE),
      ({ model, to, drill }) => {
        apply(() => ({ type: 'forced', scope: model, to, drill }))
        return published
      },
      { validator: requireDrill },
    )
    setHandler(
      defineUpdate<PublishedCircuits, [NewKeyRequest]>(NEW_KEY_UPDATE),
      ({ key, worker }) => {
        apply(() => ({ type: 'keyed', key, worker }))
        return published
      },
      { validator: requireText('key', 'worker') },
    )
    setCurrentDetails(circuitsTable(input.provider, circuits, Date.now()))

    await condition(
      () => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= input.maxEvents,
    )
    await condition(allHandlersFinished)
    const next: CircuitInput = { ...input, circuits }
    const memo = { [CIRCUITS_MEMO]: publish(circuits, build) }
    await makeContinueAsNewFunc<(input: CircuitInput) => Promise<void>>({ memo })(next)
  }
}

/** What has to be published at once. Counts by themselves are not worth an event: they go along with the next change. */
const says = ({ circuits: { account, models, floor } }: PublishedCircuits): string => {
  const named = Object.entries(models).map(([model, one]) => [model, { ...one, recent: null }])
  return JSON.stringify([floor, { ...account, recent: null }, named])
}

/** CIRCUIT-WORKFLOW-5 */
function requireDrill({ to, drill }: DrillForceRequest): void {
  if (!['open', 'closed', 'as_before'].includes(to))
    throw new Error('to: open, closed or as_before is needed')
  if (typeof drill?.id !== 'string' || !Number.isFinite(drill.until))
    throw new Error('drill: an id, and until in epoch milliseconds, are needed')
}

/** CIRCUIT-WORKFLOW-5. What a validator refuses leaves no event. */
const requireText =
  (...fields: string[]) =>
  (message: object): void => {
    const given: { [field: string]: unknown } = { ...message }
    const missing = fields.filter((field) => typeof given[field] !== 'string')
    if (missing.length > 0) throw new Error(`${missing.join(', ')}: text is needed`)
  }
