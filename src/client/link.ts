/** The way to Temporal: opened at the first use, and again after a failed try. */
import { Client, type ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import { connectClient, type TemporalOptions } from '../temporal/connection'
import { checkSearchAttributes } from '../temporal/search-attributes'

export interface Link {
  client: Client
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: boolean
}

export interface Linker {
  /** Throws HoldfastError `unavailable`. `accepted`: what is known of the caller's request until then. */
  open(accepted: Accepted): Promise<Link>
  close(): Promise<void>
}

const closedError = (accepted: Accepted): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: 'This client is closed: createHoldfast makes a new one',
    accepted,
  })

/** `own`: a connection that the caller opened and will close. */
export function createLinker(options: TemporalOptions, own: ConnectionLike | undefined): Linker {
  let opening: Promise<{ link: Link; close(): Promise<void> }> | null = null
  let closed = false

  const connect = async () => {
    const connection = own ?? (await connectClient(options))
    const close = async () => (own === undefined ? connection.close() : undefined)
    const { namespace } = options
    try {
      const check = await checkSearchAttributes(connection, namespace)
      return { link: { client: new Client({ connection, namespace }), searchAttributes: check.ok }, close }
    } catch (error) {
      await close()
      throw error
    }
  }

  return {
    async open(accepted) {
      if (closed) throw closedError(accepted)
      opening ??= connect()
      try {
        return (await opening).link
      } catch (error) {
        opening = null
        throw new HoldfastError({
          kind: 'unavailable',
          message: error instanceof Error ? error.message : String(error),
          accepted,
          cause: error,
        })
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
