/** Where a run is to be seen in the Temporal Web UI. */
import type { Env } from '../config'
import type { TemporalOptions } from '../temporal/connection'

/** The UI of `holdfast up` and of the Temporal CLI's server. */
const LOCAL_UI = 'http://127.0.0.1:8233'

/** HOLDFAST_UI_URL says where the UI is; Temporal Cloud's is known by its address. */
export function webUrls({ address, namespace }: TemporalOptions, env: Env): (workflowId: string) => string {
  const cloud = /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address)
  const base = env.HOLDFAST_UI_URL?.replace(/\/+$/, '') ?? (cloud ? 'https://cloud.temporal.io' : LOCAL_UI)
  return (workflowId) => `${base}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`
}
