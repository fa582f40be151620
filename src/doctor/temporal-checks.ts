/** Temporal as every caller and worker finds it: reachable, the namespace, what is registered there, its limits. */
import { grpcReason, isNotFound } from '../client/grpc-errors'
import { formatDuration } from '../config'
import { MAX_ANSWER_BYTES, maxAnswerBytes } from '../contract/generation'
import { SEARCH_ATTRIBUTE_NAMES } from '../contract/search-attributes'
import { temporalOptions } from '../temporal/connection'
import { noNamespace, reasonOf, TemporalSettingsError } from '../temporal/errors'
import { checkSearchAttributes } from '../temporal/search-attributes'
import { CALL_LIMIT_MS, type Context } from './context'
import { sizeText } from './sizes'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

/** What the tests run on, and so what is known to work. */
export const TESTED_SERVER = '1.32'
/** What is kept for less can be gone before its caller asks again. */
const RETENTION_MIN_MS = 24 * 60 * 60 * 1_000
const SLOW_MS = 250
const CALLS = 3

async function reachable(context: Context): Promise<CheckFinding> {
  const startedAt = performance.now()
  try {
    const { options, connection } = await context.temporal()
    const { tls, apiKey } = options.connection
    const usesTls = tls === undefined ? apiKey !== undefined : tls !== false
    const how = `${usesTls ? 'TLS' : 'no TLS'}, ${apiKey === undefined ? 'no API key' : 'with TEMPORAL_API_KEY'}`
    const connectedAt = performance.now()
    const tookMs = await quickest(() =>
      connection.withDeadline(Date.now() + CALL_LIMIT_MS, () => connection.workflowService.getSystemInfo({})),
    )
    const found = `${options.address}, ${how}: connected in ${Math.round(connectedAt - startedAt)} ms, answers in ${tookMs.toFixed(1)} ms`
    return tookMs > SLOW_MS
      ? warn(
          found,
          'run workers and gateways nearer to Temporal: each generation waits for several such answers',
        )
      : ok(found)
  } catch (thrown) {
    const settings = thrown instanceof TemporalSettingsError
    const fix = settings
      ? 'set TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and TEMPORAL_TLS as docs/temporal.md says'
      : `start it (holdfast up), or set TEMPORAL_ADDRESS to where it is${apiKeyHint(context)}`
    // What comes behind is what to do.
    return error(reasonOf(thrown).split('; start it with')[0] ?? '', fix)
  }
}

/** Of some calls: the others may have waited for this process. Milliseconds. */
async function quickest(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < CALLS; count += 1) {
    const startedAt = performance.now()
    await call()
    times.push(performance.now() - startedAt)
  }
  return Math.min(...times)
}

/** A key that is refused looks like a server that is away. */
function apiKeyHint({ env }: Context): string {
  try {
    return temporalOptions(env).connection.apiKey === undefined
      ? ''
      : '; see whether TEMPORAL_API_KEY is still valid'
  } catch {
    return ''
  }
}

async function version(context: Context): Promise<CheckFinding> {
  const { connection } = await context.temporal()
  const { serverVersion } = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    connection.workflowService.getSystemInfo({}),
  )
  // Temporal Cloud names none, or one of its own.
  if (!serverVersion) return ok('the server names no version')
  return isOlder(serverVersion, TESTED_SERVER)
    ? warn(
        `server ${serverVersion}; Holdfast is tested on ${TESTED_SERVER}`,
        `upgrade the server to ${TESTED_SERVER} or newer, one minor version after the other`,
      )
    : ok(`server ${serverVersion}; Holdfast is tested on ${TESTED_SERVER}`)
}

const numbersOf = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0)

/** By major and minor. */
export function isOlder(found: string, than: string): boolean {
  const [major = 0, minor = 0] = numbersOf(found)
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(than)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}

async function namespace(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const { namespace: name } = client.options
  try {
    const { namespaceInfo } = await context.namespace()
    // 1: REGISTERED.
    return namespaceInfo?.state === 1
      ? ok(`"${name}" exists`)
      : error(`"${name}" is being deleted, or deprecated`, 'set TEMPORAL_NAMESPACE to one that is in use')
  } catch (thrown) {
    if (!isNotFound(thrown))
      return skipped(`"${name}": ${grpcReason(thrown)}`, 'give the key the right to describe its namespace')
    const [found = '', fix = ''] = noNamespace(name).split('; ')
    return error(found, fix)
  }
}

async function retention(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const { config } = await context.namespace()
  const keptMs = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000
  if (keptMs === 0) return skipped('the server does not say how long ended runs are kept')
  const found = `ended generations are kept for ${formatDuration(keptMs)}: for so long an idempotency key is known, and a result can be read`
  return keptMs < RETENTION_MIN_MS
    ? warn(found, `temporal operator namespace update --namespace ${client.options.namespace} --retention 7d`)
    : ok(found)
}

async function attributes(context: Context): Promise<CheckFinding> {
  const { connection, client } = await context.temporal()
  const { namespace: name } = client.options
  const check = await checkSearchAttributes(connection, name)
  if (check.ok) return ok(`all ${SEARCH_ATTRIBUTE_NAMES.length} are registered, with their types`)
  const { missing, mistyped, command, message } = check
  if (mistyped.length > 0) {
    const cure = mistyped.map((one) => `--name ${one}`).join(' ')
    const again = `temporal operator search-attribute remove --namespace ${name} ${cure}`
    return error(
      `another type is registered for ${mistyped.join(', ')}: generations run without`,
      `${again}, then register them as docs/temporal.md says`,
    )
  }
  if (message.includes('could not be checked'))
    return skipped(message.split(': ')[0] ?? message, 'give the key the right to list search attributes')
  const without = message.includes('run without these') ? 'these' : 'any'
  return warn(
    `${missing.length} of ${SEARCH_ATTRIBUTE_NAMES.length} are missing (${missing.join(', ')}): generations run without ${without}, and can't be filtered`,
    command,
  )
}

async function limits(context: Context): Promise<CheckFinding> {
  const { namespaceInfo } = await context.namespace()
  const limitBytes = Number(namespaceInfo?.limits?.blobSizeLimitError ?? 0)
  if (limitBytes === 0) return skipped('the server does not say how large a payload may be')
  const answerBytes = maxAnswerBytes(limitBytes)
  const found = `a payload may have ${sizeText(limitBytes)}, so an answer ${sizeText(answerBytes)}`
  return answerBytes < MAX_ANSWER_BYTES
    ? warn(
        `${found}: longer ones end as answer_too_large, longer requests as request_too_large`,
        "set limit.blobSize.error to 2097152 in the server's dynamic config",
      )
    : ok(found)
}

/** Runs whose workflow tasks fail again and again: the server marks them. */
async function stuck(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const { namespaceInfo } = await context.namespace()
  if (namespaceInfo?.capabilities?.reportedProblemsSearchAttribute !== true)
    return skipped('the server does not mark runs whose workflow tasks fail')
  const query = `TaskQueue = '${context.taskQueue.replaceAll("'", '')}' AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL`
  const { count } = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () => client.workflow.count(query))
  return count === 0
    ? ok('no generation is stuck in a workflow task that fails')
    : error(
        `${count} running ${count === 1 ? 'generation is' : 'generations are'} stuck: each of its workflow tasks fails`,
        `see why: holdfast list --query "TemporalReportedProblems IS NOT NULL", then holdfast explain ID; roll the workers back to the build before (docs/upgrading.md)`,
      )
}

const NEEDS = ['temporal.namespace']

export const TEMPORAL_CHECKS: readonly Check[] = [
  { id: 'temporal.reachable', run: reachable },
  { id: 'temporal.version', needs: ['temporal.reachable'], run: version },
  { id: 'temporal.namespace', needs: ['temporal.reachable'], run: namespace },
  { id: 'temporal.retention', needs: NEEDS, run: retention },
  { id: 'temporal.attributes', needs: NEEDS, run: attributes },
  { id: 'temporal.limits', needs: NEEDS, run: limits },
  { id: 'temporal.stuck', needs: NEEDS, run: stuck },
]
