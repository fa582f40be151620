/** Clients as other processes have them: each on a connection of its own. */
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type Stack, twoProviders } from './stack'
import { testServer } from './temporal'

export interface Clients {
  open(tenant?: string): Promise<InternalHoldfast>
  close(): Promise<void>
}

/** Of the stack's workers; `config` as the stack's. */
export function clientsOf(
  { simulator, taskQueue }: Stack,
  config: (simulatorUrl: string) => string = twoProviders,
): Clients {
  const opened: InternalHoldfast[] = []
  return {
    async open(tenant) {
      const holdfast = await createInternalHoldfast({
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
