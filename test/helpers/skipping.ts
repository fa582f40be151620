/**
 * A Temporal server whose time skips while nothing runs: hours of waiting pass in a moment. Calls run in real time; it
 * has no list, and no circuits (their entities never rest).
 */
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import pino from 'pino'
import { findTestServer } from '../../src/dev-server/find-cli'
import { installRuntime } from '../../src/worker'

export async function startSkippingServer(): Promise<TestWorkflowEnvironment> {
  // Before the environment does it, in its own way.
  installRuntime(pino({ level: 'silent' }))
  const path = await findTestServer()
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
}

/** It does not know when to give up the queue of a worker that has gone: so none has one, and each task is a replay. */
export function withoutStickyQueues(): void {
  const create = Worker.create.bind(Worker)
  jest.spyOn(Worker, 'create').mockImplementation((options) => create({ ...options, maxCachedWorkflows: 0 }))
}
