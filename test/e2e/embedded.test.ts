/** `holdfast/embedded`: client and worker in one process, on one connection. */
import { Client, Connection } from '@temporalio/client'
import pino from 'pino'
import { parseConfig } from '../../src/config'
import { startSimulator } from '../../src/simulator'
import { startEmbedded } from '../../src/worker/embedded'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

describe('holdfast/embedded', () => {
  it('starts a generation eagerly, and lets a call in flight end when it is closed', async () => {
    const simulator = await startSimulator({
      script: { alpha: [{ answer: 'first' }, { answer: 'in flight', latency: '500ms', times: 2 }] },
    })
    const { address, namespace } = testServer()
    const { holdfast, host, close } = await startEmbedded({
      config: parseConfig(twoProviders(simulator.url)),
      env: { TEMPORAL_ADDRESS: address },
      taskQueue: ownTaskQueue('embedded'),
      logger: pino({ level: 'silent' }),
    })
    try {
      const { id } = await holdfast.generate({ prompt: 'hi' })
      const client = new Client({ connection: host.connection, namespace })
      const { events } = await client.workflow.getHandle(id).fetchHistory()
      const [started] = events ?? []
      expect(started?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted).toBe(true)

      const { id: inFlight } = await holdfast.start({ prompt: 'one more' })
      const waited = holdfast.generate({ prompt: 'and one that is waited for' })
      await simulator.waitForCalls(3)
      await close()
      expect(simulator.calls().map(({ outcome }) => outcome)).toEqual(Array(3).fill('answered'))
      expect((await waited).text).toBe('in flight')
      const connection = await Connection.connect({ address })
      const { raw } = await new Client({ connection, namespace }).workflow.getHandle(inFlight).describe()
      expect(raw.pendingActivities ?? []).toEqual([])
      await connection.close()
    } finally {
      await close()
      await simulator.close()
    }
  })

  it('starts a Temporal server too when the option says so, and ends it with itself', async () => {
    const simulator = await startSimulator({ script: { alpha: [{ answer: 'all in one' }] } })
    const { holdfast, server, close } = await startEmbedded({
      config: parseConfig(twoProviders(simulator.url)),
      env: {},
      server: {},
      logger: pino({ level: 'silent' }),
    })
    try {
      const { text, webUrl } = await holdfast.generate({ prompt: 'hi' })
      expect(text).toBe('all in one')
      expect(webUrl).toContain(server?.uiUrl)
      await close()
      await expect(
        Connection.connect({ address: server?.address ?? '', connectTimeout: 500 }),
      ).rejects.toThrow()
    } finally {
      await close()
      await simulator.close()
    }
  }, 60_000)
})
