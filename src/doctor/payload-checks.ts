/** The payload store, where the config names one. */
import { type Config, formatDuration } from '../config'
import { payloadFaultOf, payloadStoreOf } from '../stores/payloads'
import type { Context } from './context'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

const NONE = 'the config names no payload store: a request has at most 1.9 MiB'

/** It could not be opened: its message names the variable or the field. */
const SETTINGS = 'set what it names, in the environment or in `payloads` of the config'

const FIXES = {
  refused: 'give its user the right to put, get, list and delete objects there, and room',
  unavailable: 'see whether it runs, and whether this machine reaches it',
  missing: 'see who deletes from it: what was just stored was gone',
  damaged: 'see its disks: what was just stored came back as something else',
}

async function usable({ config, env }: Context): Promise<CheckFinding> {
  const loaded = await config()
  const startedAt = performance.now()
  try {
    const store = payloadStoreOf(loaded, env)
    if (store === null) return skipped(NONE)
    await store.check()
    const tookMs = performance.now() - startedAt
    return ok(`${store.place}: an object was written, read and deleted in ${tookMs.toFixed(0)} ms`)
  } catch (thrown) {
    const fault = payloadFaultOf(thrown)
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return error(reason, fault === null ? SETTINGS : FIXES[fault])
  }
}

/** Histories that outlive their objects can't be read any longer. */
async function kept(context: Context): Promise<CheckFinding> {
  const { payloads } = await context.config()
  if (payloads === null) return skipped(NONE)
  const { config } = await context.namespace()
  const retentionMs = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000
  const found = `objects are kept for ${formatDuration(payloads.keepForMs)}, ended generations for ${formatDuration(retentionMs)}`
  if (payloads.keepForMs < retentionMs)
    return warn(
      `${found}: the last ones can not be read`,
      'raise payloads.keepFor to the retention and the longest deadline',
    )
  return payloads.store === 's3'
    ? ok(`${found}; a lifecycle rule of the bucket deletes them (docs/payloads.md)`)
    : ok(found)
}

/** A shadow reads its generation's request, and has a deadline of its own. */
const longestLifeMs = ({ routes }: Config): number =>
  2 * Math.max(...Object.values(routes).map(({ maxDeadlineMs, deadlineMs }) => maxDeadlineMs ?? deadlineMs))

/** What the bucket's lifecycle rules delete is gone, whoever still needs it. */
async function expires({ config, env }: Context): Promise<CheckFinding> {
  const loaded = await config()
  const { payloads } = loaded
  if (payloads?.store !== 's3')
    return skipped(payloads === null ? NONE : 'objects on disk are deleted by the workers')
  const expiry = await payloadStoreOf(loaded, env)
    ?.expiry()
    .catch((thrown: Error) => thrown)
  if (expiry instanceof Error)
    return skipped(
      `the bucket's lifecycle rules could not be read, so that nothing is known of them: ${expiry.message}`,
      'give the user of this command s3:GetLifecycleConfiguration, or look at the rules yourself',
    )
  const { firstMs = null, allMs = null } = expiry ?? {}
  const fix = `give the prefix ${payloads.prefix} a rule that deletes after ${formatDuration(payloads.keepForMs)} (docs/payloads.md)`
  if (firstMs !== null && firstMs < longestLifeMs(loaded))
    return error(
      `a lifecycle rule deletes objects after ${formatDuration(firstMs)}, and a generation and its shadow may take ${formatDuration(longestLifeMs(loaded))}: what runs loses its request`,
      fix,
    )
  if (firstMs !== null && firstMs < payloads.keepForMs)
    return warn(
      `a lifecycle rule deletes objects after ${formatDuration(firstMs)}, sooner than payloads.keepFor, ${formatDuration(payloads.keepForMs)}`,
      fix,
    )
  if (allMs === null) return warn('no lifecycle rule deletes the objects: they stay for ever', fix)
  return ok(`lifecycle rules delete the objects after ${formatDuration(allMs)}`)
}

export const PAYLOAD_CHECKS: readonly Check[] = [
  { id: 'payloads.usable', needs: ['config.valid'], run: usable },
  { id: 'payloads.kept', needs: ['config.valid', 'temporal.namespace'], run: kept },
  { id: 'payloads.expire', needs: ['payloads.usable'], run: expires },
]
