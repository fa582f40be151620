/** Clients as other processes have them: each on a connection of its own. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Stack, twoProviders } from './stack'
import { testServer } from './temporal'

export interface Clients {
  open(tenant?: string): Promise<Holdfast>
  close(): Promise<void>
}

/** Of the stack's workers; `config` as the stack's. */
export function clientsOf(
  { simulator, taskQueue }: Stack,
  config: (simulatorUrl: string) => string = twoProviders,
): Clients {
  const opened: Holdfast[] = []
  return {
    async open(tenant) {
      const holdfast = await createHoldfast({
        config: parseConfig(config(simulator.url)),
        env: { TEMPORAL_ADDRESS: testServer().address },
        taskQueue,
        ...(tenant === undefined ? {} : { tenant }),
      })
      opened.push(holdfast)
      return holdfast
    },
    close: async () => {
      await Promise.all(opened.map((holdfast) => holdfast.close()))
    },
  }
}
