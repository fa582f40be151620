/** A wait for minutes is many polls: each of them takes away what it left at a signal. */
import { getEventListeners } from 'node:events'
import { Client, Connection } from '@temporalio/client'
import { awaitResult } from '../../src/client/wait'
import { until } from '../helpers/processes'
import { ownTaskQueue } from '../helpers/temporal'
import { serverWith } from '../helpers/waits'

const POLLS = 30

it(`${POLLS} polls of one wait leave as many listeners at its signals as the first one, and Node warns of none`, async () => {
  const server = await serverWith({ 'history.longPollExpirationInterval': '"20ms"' })
  const connection = await Connection.connect({ address: server.address })
  const client = new Client({ connection })
  const polled = jest.spyOn(client.workflowService, 'getWorkflowExecutionHistory')
  const listened = new Set<AbortSignal>()
  const listen = AbortSignal.prototype.addEventListener
  const listening = jest.spyOn(AbortSignal.prototype, 'addEventListener').mockImplementation(function (
    this: AbortSignal,
    ...given: Parameters<typeof listen>
  ) {
    listened.add(this)
    return listen.apply(this, given)
  } as typeof listen)
  const warnings: string[] = []
  const warned = ({ name }: Error): unknown => warnings.push(name)
  process.on('warning', warned)
  const left = new AbortController()
  try {
    const id = ownTaskQueue('nobody')
    const { firstExecutionRunId: runId } = await client.workflow.start('nothing', {
      taskQueue: id,
      workflowId: id,
    })
    const waiting = awaitResult(client, id, { runId, left: left.signal }).catch((error: Error) => error)
    await until('it has polled often', () => polled.mock.calls.length >= POLLS)
    expect(
      Math.max(...[...listened].map((signal) => getEventListeners(signal, 'abort').length)),
    ).toBeLessThan(4)
    left.abort()
    await waiting
    expect(getEventListeners(left.signal, 'abort')).toEqual([])
    expect(warnings).toEqual([])
  } finally {
    listening.mockRestore()
    process.off('warning', warned)
    await connection.close()
    await server.stop()
  }
}, 30_000)
