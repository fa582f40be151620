/** What a healthy generation leaves in the express lane, as the benchmark starts it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { historySize } from '../../bench/history'
import { SCRIPT } from '../../bench/routes'
import { freshTaskQueue } from '../../bench/setup'
import { subjectOf } from '../../bench/subjects'
import { startSimulator } from '../../src/simulator'
import { testServer } from '../helpers/temporal'

it('is one workflow task of seven events', async () => {
  const { address, namespace } = testServer()
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-test-'))
  const simulator = await startSimulator({ script: SCRIPT })
  const temporal = { address, namespace, connection: {} }
  const setup = { temporal, simulatorUrl: simulator.url, floorBundle: '', folder, against: null }
  const { startWorker, startCaller } = subjectOf('gateway-express')
  const taskQueue = freshTaskQueue('express')
  const worker = (await startWorker?.(setup, taskQueue)) ?? null
  const connection = await Connection.connect({ address })
  try {
    const caller = await startCaller({ setup, taskQueue, worker, url: worker?.url ?? null })
    const { workflowId } = await caller.call()
    const { types } = await historySize(new Client({ connection, namespace }), workflowId ?? '')
    await caller.close()
    expect(types).toEqual([
      'WORKFLOW_EXECUTION_STARTED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'MARKER_RECORDED',
      'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
      'WORKFLOW_EXECUTION_COMPLETED',
    ])
  } finally {
    await worker?.close()
    await connection.close()
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
