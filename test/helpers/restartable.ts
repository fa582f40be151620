/** A simulator, a client with a connection of its own, and one worker that can be restarted in between. */
import pino from 'pino'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Host, installRuntime, startHost } from '../../src/worker'
import { ownTaskQueue } from './temporal'

export interface Restartable {
  simulator: Simulator
  holdfast: InternalHoldfast
  /** The worker drains and goes; another one takes its place. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startRestartable(
  { address, namespace }: { address: string; namespace: string },
  configText: (simulatorUrl: string) => string,
): Promise<Restartable> {
  const logger = pino({ level: 'silent' })
  const taskQueue = ownTaskQueue('restartable')
  const simulator = await startSimulator()
  const config = parseConfig(configText(simulator.url))
  installRuntime(logger)
  const temporal = { address, namespace, connection: {} }
  const start = (): Promise<Host> => startHost({ config, env: {}, logger, temporal, taskQueue })
  let host = await start()
  const holdfast = await createInternalHoldfast({
    config,
    env: { TEMPORAL_ADDRESS: address },
    namespace,
    taskQueue,
  })
  return {
    simulator,
    holdfast,
    async restart() {
      await host.close()
      host = await start()
    },
    async close() {
      await holdfast.close()
      await simulator.close()
      await host.close()
    },
  }
}
