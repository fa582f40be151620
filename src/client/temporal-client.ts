/** The way to Temporal: opened at the first use, and again after a failed try. Not opened while Temporal is away. */
import { Client, type ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import { connectClient, type TemporalOptions } from '../temporal/connection'
import { checkSearchAttributes } from '../temporal/search-attributes'
import { requireHealthy } from './health-check'

export interface TemporalClient {
  client: Client
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: boolean
}

export interface TemporalClients {
  /** Throws HoldfastError `unavailable`. `accepted`: what is known of the caller's request until then. */
  open(accepted: Accepted): Promise<TemporalClient>
  close(): Promise<void>
}

const closedError = (accepted: Accepted): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: 'This client is closed: createHoldfast makes a new one',
    accepted,
  })

/** One that the caller opened and will close, or the way to it. */
export type GivenConnection = ConnectionLike | (() => Promise<ConnectionLike>)

export function createTemporalClients(
  options: TemporalOptions,
  own: GivenConnection | undefined,
): TemporalClients {
  let opening: Promise<{ temporalClient: TemporalClient; close(): Promise<void> }> | null = null
  let closed = false

  const connect = async () => {
    const connection = typeof own === 'function' ? await own() : (own ?? (await connectClient(options)))
    const close = async () => (own === undefined ? connection.close() : undefined)
    const { namespace } = options
    try {
      await requireHealthy(connection, null)
      const check = await checkSearchAttributes(connection, namespace)
      return {
        temporalClient: { client: new Client({ connection, namespace }), searchAttributes: check.ok },
        close,
      }
    } catch (error) {
      await close()
      throw error
    }
  }

  /** What the last try came to; null: it succeeded, or there was none. */
  let failed: { error: unknown } | null = null

  const begin = (): NonNullable<typeof opening> => {
    const mine = connect()
    mine.then(
      () => {
        failed = null
      },
      (error: unknown) => {
        failed = { error }
        if (opening === mine) opening = null
      },
    )
    return mine
  }

  const unreachable = (error: unknown, accepted: Accepted): HoldfastError =>
    error instanceof HoldfastError && error.accepted === accepted
      ? error
      : new HoldfastError({
          kind: 'unavailable',
          message: error instanceof Error ? error.message : String(error),
          accepted,
          cause: error,
        })

  return {
    async open(accepted) {
      if (closed) throw closedError(accepted)
      // Somebody tries again already, and that may take seconds: the others are told what is known.
      if (opening !== null && failed !== null) throw unreachable(failed.error, accepted)
      opening ??= begin()
      try {
        return (await opening).temporalClient
      } catch (error) {
        throw unreachable(error, accepted)
      }
    },
    async close() {
      closed = true
      const opened = await opening?.catch(() => null)
      opening = null
      await opened?.close()
    },
  }
}
