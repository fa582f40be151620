/** The config against what the entities of the circuits hold, as `holdfast circuits` reads it. */
import { type CircuitRow, type KnownProvider, listCircuits, type UnknownProvider } from '../client/circuits'
import { CIRCUIT_WORKFLOW, circuitWorkflowId } from '../contract/circuits'
import { candidatesOf } from '../domain/routing/route'
import { span } from '../domain/text/durations'
import { CALL_LIMIT_MS, type Context } from './context'
import { type Check, type CheckFinding, error, ok, warn } from './types'

/** Of other providers' entities, so many are looked at. */
const ENTITIES_AT_MOST = 200

async function circuits(context: Context): Promise<(KnownProvider | UnknownProvider)[]> {
  const [{ client }, config] = await Promise.all([context.temporal(), context.config()])
  return listCircuits(client, config, context.taskQueue, context.now())
}

const rowsOf = (providers: readonly (KnownProvider | UnknownProvider)[]): CircuitRow[] =>
  providers.flatMap((one) => (one.known ? one.circuits : []))

async function readable(context: Context): Promise<CheckFinding[]> {
  const providers = await circuits(context)
  const unknown = providers.flatMap((one) => (one.known ? [] : [one]))
  const known = providers.length - unknown.length
  return [
    ...(known > 0 ? [ok(`${known} of ${providers.length} providers publish their circuits`)] : []),
    ...unknown.map(({ provider, workflowId, reason }) =>
      warn(
        `the circuits of ${provider} can't be read: ${reason}`,
        `start a worker whose config has ${provider} (holdfast worker), then see: temporal workflow describe --workflow-id ${workflowId}`,
      ),
    ),
  ]
}

async function forced(context: Context): Promise<CheckFinding[]> {
  const rows = rowsOf(await circuits(context)).filter(({ state }) => state.startsWith('forced'))
  if (rows.length === 0) return [ok('no circuit is forced')]
  return rows.map(({ target, state, since }) => {
    const forHowLong = since === null ? '' : ` for ${span(context.now() - since)}`
    const what = state === 'forced_open' ? 'nobody calls it' : 'it is called whatever fails there'
    return warn(
      `${target} has been forced ${state === 'forced_open' ? 'open' : 'closed'} by an operator${forHowLong}: ${what}`,
      `holdfast circuits auto ${target}`,
    )
  })
}

async function open(context: Context): Promise<CheckFinding[]> {
  const config = await context.config()
  const rows = rowsOf(await circuits(context))
  const away = new Map(
    rows.filter(({ state }) => AWAY.has(state)).map((row): [string, CircuitRow] => [row.target, row]),
  )
  const isAway = ({ provider, target }: { provider: string; target: string }): boolean =>
    away.has(provider) || away.has(target)
  const without = Object.values(config.routes).filter(({ candidates }) => candidates.every(isAway))
  const shut = [...away.values()].filter(({ state }) => state === 'open' || state === 'held')
  return [
    ...without.map(({ name }) =>
      error(
        `route ${name}: the circuits of all its candidates are open or held`,
        `see why: holdfast circuits; add a candidate of another provider to routes.${name}.candidates`,
      ),
    ),
    ...shut.map((row) => warn(shutText(row, context.now()), FIX[row.state === 'held' ? 'held' : 'open'])),
    ...(without.length === 0 && shut.length === 0
      ? [ok(`no circuit of ${rows.length} is open or held`)]
      : []),
  ]
}

const AWAY: ReadonlySet<CircuitRow['state']> = new Set(['open', 'held', 'forced_open'])

function shutText({ target, model, state, until, why, failures }: CircuitRow, now: number): string {
  const name = model === null ? `${target} (account)` : target
  const rest = until !== null && until > now ? ` for ${span(until - now)} more` : ''
  const last = failures?.lastClass ? `, last failure ${failures.lastClass}` : ''
  return `${name} is ${state}${rest}${why === null ? '' : ` (${why})`}${last}`
}

const FIX = {
  open: 'it closes by itself when the provider answers; the calls that failed: holdfast list --failure server_error',
  held: 'the provider or its refusal of a key asked for it: see providers.keys, and holdfast doctor --live --only providers.live',
}

/** Of what the config no longer names nobody sees the circuits any longer. */
async function unused(context: Context): Promise<CheckFinding[]> {
  const [{ client }, config] = await Promise.all([context.temporal(), context.config()])
  const named = new Set(candidatesOf(config.routes).map(({ target }) => target))
  const rows = rowsOf(await circuits(context)).filter(
    ({ model, target }) => model !== null && !named.has(target),
  )
  const kept = rows.filter(({ state }) => state.startsWith('forced') || state === 'held')
  const known = new Set(
    Object.keys(config.providers).map((provider) => circuitWorkflowId(provider, context.taskQueue)),
  )
  const others: string[] = []
  const query = `WorkflowType = '${CIRCUIT_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${context.taskQueue.replaceAll("'", '')}'`
  const { executions } = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      pageSize: ENTITIES_AT_MOST,
      query,
    }),
  )
  for (const { execution } of executions ?? []) {
    const id = execution?.workflowId ?? ''
    if (!known.has(id)) others.push(id)
  }
  const { namespace } = client.options
  return [
    ...kept.map(({ target, state }) =>
      warn(`${target} is ${state}, and no route of the config names it`, `holdfast circuits auto ${target}`),
    ),
    ...others.map((id) =>
      warn(
        `${id} keeps the circuits of a provider that the config does not have`,
        `if no other config needs it: temporal workflow terminate --namespace ${namespace} --workflow-id ${id}`,
      ),
    ),
    ...(kept.length === 0 && others.length === 0
      ? [
          ok(
            rows.length === 0
              ? 'all circuits belong to the config'
              : `${rows.length} circuits are of models that no route names, and closed`,
          ),
        ]
      : []),
  ]
}

const NEEDS = ['temporal.namespace', 'config.valid']

export const CIRCUIT_CHECKS: readonly Check[] = [
  { id: 'circuits.readable', needs: NEEDS, run: readable },
  { id: 'circuits.forced', needs: NEEDS, run: forced },
  { id: 'circuits.open', needs: NEEDS, run: open },
  { id: 'circuits.unused', needs: NEEDS, run: unused },
]
