/** How many promises a workflow makes: the SDK takes a source-mapped stack trace for each, its main cost in a worker. */
import v8 from 'node:v8'
import type { temporal } from '@temporalio/proto'
import { Worker } from '@temporalio/worker'
import { workflowBundle } from '../../src/temporal/workflow-bundle'

type Hooks = Parameters<typeof v8.promiseHooks.createHook>[0]

/** Replays `history` in this thread; the SDK marks the promises that are a workflow's. */
export async function countWorkflowPromises(history: temporal.api.history.v1.IHistory): Promise<number> {
  let made = 0
  const { createHook } = v8.promiseHooks
  const counted = (hooks: Hooks) =>
    createHook({
      ...hooks,
      init(promise, parent) {
        hooks.init?.(promise, parent)
        if ('runId' in promise) made += 1
      },
    })
  const debug = process.env.TEMPORAL_DEBUG
  v8.promiseHooks.createHook = counted
  process.env.TEMPORAL_DEBUG = '1'
  try {
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history)
    return made
  } finally {
    v8.promiseHooks.createHook = createHook
    if (debug === undefined) delete process.env.TEMPORAL_DEBUG
    else process.env.TEMPORAL_DEBUG = debug
  }
}
