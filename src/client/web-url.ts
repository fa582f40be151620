/** Where a run is to be seen in the Temporal Web UI. */
import type { Env } from '../config'
import type { TemporalOptions } from '../temporal/connection'

/** The UI of `holdfast up` and of the Temporal CLI's server. */
const LOCAL_UI = 'http://127.0.0.1:8233'

/** Of a run that is known: the page with its current details. Else that of the latest run of the id. */
export type WebUrl = (workflowId: string, runId: string | undefined) => string

/** HOLDFAST_UI_URL says where the UI is; Temporal Cloud's is known by its address. */
export function webUiOf({ address }: TemporalOptions, env: Env): string {
  const cloud = /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address)
  return env.HOLDFAST_UI_URL?.replace(/\/+$/, '') ?? (cloud ? 'https://cloud.temporal.io' : LOCAL_UI)
}

export function webUrls(temporal: TemporalOptions, env: Env): WebUrl {
  const { namespace } = temporal
  const base = webUiOf(temporal, env)
  return (workflowId, runId) => {
    const workflow = `${base}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`
    return runId === undefined ? workflow : `${workflow}/${runId}/user-metadata`
  }
}
