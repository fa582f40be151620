/** One connection to Temporal for all tenants. */
import type { Connection } from '@temporalio/client'
import { HoldfastError } from '../client'
import { connectClient, type TemporalOptions } from '../temporal/connection'
import { createClient } from '../temporal/options'
import { NOT_READY, type Readiness, readinessOf } from './readiness'

export interface SharedConnection {
  /** Opened at the first use, and again after a failed try. Throws HoldfastError `unavailable`, `accepted: false`. */
  open(): Promise<Connection>
  close(): Promise<void>
}

export function sharedConnection(options: TemporalOptions): SharedConnection {
  let opening: Promise<Connection> | null = null
  return {
    async open() {
      opening ??= connectClient(options)
      const mine = opening
      try {
        return await mine
      } catch (error) {
        if (opening === mine) opening = null
        const message = error instanceof Error ? error.message : String(error)
        throw new HoldfastError({ kind: 'unavailable', message, accepted: false, cause: error })
      }
    },
    async close() {
      const opened = await opening?.catch(() => null)
      await opened?.close()
    },
  }
}

/** As `readinessOf`, of a server that may not be there yet. What it returns never throws. */
export function readinessOver(
  shared: SharedConnection,
  namespace: string,
  taskQueue: string,
): () => Promise<Readiness> {
  const ask = readinessOf(taskQueue)
  return async () => {
    const connection = await shared.open().catch(() => null)
    return connection === null ? NOT_READY : ask(createClient(connection, namespace))
  }
}
