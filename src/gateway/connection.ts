/** One connection to Temporal for all tenants. */
import type { Connection } from '@temporalio/client'
import { HoldfastError } from '../client'
import { connectClient, type TemporalOptions } from '../temporal/connection'
import { createClient } from '../temporal/options'
import { openOnce } from '../util/async'
import { NOT_READY, type Readiness, readinessOf } from './readiness'

export interface SharedConnection {
  /** Opened at the first use, and again after a failed try. Throws HoldfastError `unavailable`, `accepted: false`. */
  open(): Promise<Connection>
  close(): Promise<void>
}

export function sharedConnection(options: TemporalOptions): SharedConnection {
  const connection = openOnce(() => connectClient(options))
  return {
    async open() {
      try {
        return await connection.get()
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new HoldfastError({ kind: 'unavailable', message, accepted: false, cause: error })
      }
    },
    async close() {
      await (await connection.opened())?.close()
    },
  }
}

/** As `readinessOf`, of a server that may not be there yet. What it returns never throws. */
export function readinessOver(
  shared: SharedConnection,
  namespace: string,
  taskQueue: string,
): () => Promise<Readiness> {
  const check = readinessOf(taskQueue)
  return async () => {
    const connection = await shared.open().catch(() => null)
    return connection === null ? NOT_READY : check(createClient(connection, namespace))
  }
}
