/**
 * Lines of the SDK's native core, as far as they may be written.
 *
 * CORE-LINE-1 Its texts and fields may quote what a server, a workflow or a payload said (LOGGER-1): of a text the beginning
 *    up to the first value, of fields those that name things, of errors and failures their kind alone.
 */

type Fields = { [name: string]: unknown }

/** Its own names, and ours. Its `target` is a module. */
const NAMED: { [field: string]: string } = {
  target: 'module',
  run_id: 'runId',
  workflow_id: 'workflowId',
  workflow_type: 'workflowType',
  activity_type: 'activityType',
  activity_id: 'activityId',
  task_queue: 'taskQueue',
  namespace: 'namespace',
  attempt: 'attempt',
  call: 'call',
}

const LINE_CHARS_MAX = 200
const FIELD_CHARS_MAX = 200

/** Up to the first value that was put into it. */
export const coreMessage = (message: string): string =>
  (/^[^:'"`{[(\n]*/.exec(message)?.[0] ?? '').slice(0, LINE_CHARS_MAX).trimEnd() || 'a line of the core'

export function coreFields(meta: Fields): Fields {
  const fields: Fields = { sdkComponent: 'core' }
  for (const [field, name] of Object.entries(NAMED)) {
    const value = meta[field]
    if (typeof value === 'number') fields[name] = value
    if (typeof value === 'string') fields[name] = value.slice(0, FIELD_CHARS_MAX)
  }
  const said = [meta.error, meta.err, meta.failure].filter((one) => typeof one === 'string').join(' ')
  // gRPC's code of a status, and why a workflow task failed: words of their own enumerations.
  const code = /\bcode: '?([A-Za-z]+)/.exec(said)?.[1]
  const cause = /\bforce_cause: ([A-Za-z]+)/.exec(said)?.[1]
  return { ...fields, ...(code === undefined ? {} : { code }), ...(cause === undefined ? {} : { cause }) }
}
