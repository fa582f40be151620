/**
 * An operator's word on one circuit: an update of the provider's entity, then a nudge to those who wait.
 *
 * FORCE-CIRCUIT-1 It starts nothing: without an entity that runs, and a worker that runs it, it is an error.
 * FORCE-CIRCUIT-2 A name that nobody knows is an error before anything is sent.
 * FORCE-CIRCUIT-3 A drill's word has an end. A worker of a build that knows none refuses it (DRILL_FORCE_UPDATE).
 */
import {
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import type { Config } from '../config'
import { nearest, suggest } from '../config/problems'
import { splitTarget } from '../config/resolve'
import {
  circuitWorkflowId,
  DRILL_FORCE_UPDATE,
  type DrillForceRequest,
  FORCE_UPDATE,
  type ForceRequest,
  type PublishedCircuits,
} from '../contract/circuits'
import { HoldfastError, invalidRequest } from '../contract/errors'
import type { UsableAttributes } from '../contract/search-attributes'
import type { DrillForce } from '../domain/circuits/circuit'
import { circuitOf, type Scope } from '../domain/circuits/provider-circuits'
import { type CircuitRow, circuitRow, knownModels, readEntity, targetOf } from './circuits'
import { grpcReason } from './grpc-errors'
import { type Nudged, nudge } from './nudge'

/** An entity whose worker was killed in the middle of a task is another one's after 5 s. */
const UPDATE_DEADLINE_MS = 6_000

export interface ForceSettings {
  config: Config
  taskQueue: string
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: UsableAttributes
  /** `provider/model`, or `provider`: its account. */
  target: string
  to: ForceRequest['to']
}

export interface Forced {
  circuit: CircuitRow
  /** The provider's account: a call to a model needs both. */
  account: CircuitRow
  nudged: Nudged
}

interface Aim {
  provider: string
  model: Scope
}

/** Resolves when the entity has it and those who wait know. Throws HoldfastError: `invalid_request`, `unavailable`. */
export async function forceCircuit(client: Client, settings: ForceSettings): Promise<Forced> {
  const { config, taskQueue, target, to } = settings
  const aim = aimAt(target, config)
  const { provider, model } = aim
  const entity = await readEntity(client, provider, taskQueue)
  if (!entity.ok) throw noEntity(aim, entity.reason, taskQueue)
  if (model !== null) requireModel(aim, config, entity.published)
  const published = await send(client, aim, FORCE_UPDATE, { model: aim.model, to }, taskQueue)
  if (to !== 'auto' && circuitOf(published.circuits, model).forced !== to) throw noRoom(target)
  const changedAt = Date.now()
  return {
    circuit: circuitRow(provider, model, published, changedAt),
    account: circuitRow(provider, null, published, changedAt),
    nudged: await nudge(client, { ...settings, ...aim, changedAt }),
  }
}

export interface DrillForceSettings extends Pick<ForceSettings, 'config' | 'taskQueue' | 'target'> {
  drill: DrillForce
}

/**
 * Forces it open till `drill.until`. Requested again by the same drill, it is the same. Throws HoldfastError as
 * `forceCircuit` does; `conflict` where somebody has forced it already.
 */
export async function forceForDrill(client: Client, settings: DrillForceSettings): Promise<void> {
  const { config, taskQueue, target, drill } = settings
  const aim = aimAt(target, config)
  const entity = await readEntity(client, aim.provider, taskQueue)
  if (!entity.ok) throw noEntity(aim, entity.reason, taskQueue)
  const { model } = aim
  if (model !== null) requireModel(aim, config, entity.published)
  // FORCE-CIRCUIT-3
  const request: DrillForceRequest = { model, to: 'open', drill }
  const { circuits } = await send(client, aim, DRILL_FORCE_UPDATE, request, taskQueue)
  const circuit = circuitOf(circuits, model)
  if (circuit.forcedBy === drill.id) return
  if (circuit.forced === null) throw noRoom(target)
  const by = circuit.forcedBy === undefined ? 'an operator' : `the drill ${circuit.forcedBy}`
  throw new HoldfastError({
    kind: 'conflict',
    message: `${target} is forced ${circuit.forced} by ${by} already: nothing was changed`,
    accepted: false,
  })
}

/** Gives back what this drill has forced, as it was before. Nothing happens where it has forced nothing, or it is over. */
export async function releaseForDrill(client: Client, settings: DrillForceSettings): Promise<void> {
  const { config, taskQueue, target, drill } = settings
  // Generations that wait for it read the circuits again by themselves, within 15 s.
  const aim = aimAt(target, config)
  const request: DrillForceRequest = { model: aim.model, to: 'as_before', drill }
  await send(client, aim, DRILL_FORCE_UPDATE, request, taskQueue)
}

const noRoom = (target: string): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `${target} could not be forced: its provider has as many models open or held as its circuits can keep. Force the provider, or lift some with \`auto\``,
    accepted: false,
  })

/** FORCE-CIRCUIT-2 */
function aimAt(target: string, config: Config): Aim {
  const { provider, model } = target.includes('/') ? splitTarget(target) : { provider: target, model: null }
  if (Object.hasOwn(config.providers, provider) && model !== '') return { provider, model }
  const providers = Object.keys(config.providers)
  const match = nearest(provider, providers)
  const meant = match === null ? null : targetOf(match, model || null)
  throw invalidRequest(
    model === ''
      ? `"${target}" names no model: write provider/model, or only the provider`
      : `The config has no provider "${provider}"${suggest(meant ?? provider, meant === null ? providers : [meant])}`,
  )
}

/** FORCE-CIRCUIT-2. A model that is only called by its target, and never failed, is in no route and not in the entity. */
function requireModel({ provider, model }: Aim, config: Config, published: PublishedCircuits): void {
  const known = knownModels(config, provider, published).map((one) => targetOf(provider, one))
  const target = targetOf(provider, model)
  if (known.includes(target) || Object.hasOwn(config.models, target)) return
  const all = Object.keys(config.models).filter((one) => one.startsWith(`${provider}/`))
  const match = nearest(target, [...known, ...all])
  throw invalidRequest(
    `No route and no circuit knows "${target}"${suggest(target, match === null ? known : [match])}` +
      '. A new one can be named under `models` in the config',
  )
}

/** FORCE-CIRCUIT-1 */
const noEntity = ({ provider }: Aim, reason: string, taskQueue: string): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `The circuits of ${provider} (${circuitWorkflowId(provider, taskQueue)}) can't be changed: ${reason}. Nothing was changed; is a worker running on task queue ${taskQueue}?`,
    accepted: false,
  })

async function send(
  client: Client,
  { provider, model }: Aim,
  update: string,
  request: ForceRequest | DrillForceRequest,
  taskQueue: string,
): Promise<PublishedCircuits> {
  const handle = client.workflow.getHandle(circuitWorkflowId(provider, taskQueue))
  try {
    return await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
      handle.executeUpdate<PublishedCircuits, [ForceRequest | DrillForceRequest]>(update, {
        args: [request],
      }),
    )
  } catch (error) {
    // FORCE-CIRCUIT-3
    if (error instanceof WorkflowUpdateFailedError)
      throw noEntity({ provider, model }, `its worker refuses it: ${grpcReason(error.cause)}`, taskQueue)
    if (error instanceof WorkflowNotFoundError)
      throw noEntity({ provider, model }, 'it ended just now', taskQueue)
    const late = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
    const what = late ? `no worker answered within ${UPDATE_DEADLINE_MS / 1_000} s` : grpcReason(error)
    throw new HoldfastError({
      kind: 'unavailable',
      message: `The circuits of ${provider} did not confirm: ${what}. Is a worker running on task queue ${taskQueue}? The change may still be made when one is; \`holdfast circuits\` shows it`,
      accepted: 'unknown',
      cause: error,
    })
  }
}
