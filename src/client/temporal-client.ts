/** The way to Temporal: opened at the first use, and again after a failed try. Not opened while Temporal is away. */
import type { Client, ConnectionLike } from '@temporalio/client'
import { type Accepted, HoldfastError } from '../contract/errors'
import type { UsableAttributes } from '../contract/search-attributes'
import { connectClient, type TemporalOptions } from '../temporal/connection'
import { type ClientSeams, createClient, withPlugins } from '../temporal/options'
import { checkSearchAttributes, searchesMetadata, usableAttributes } from '../temporal/search-attributes'
import { requireHealthy } from './health-check'

export interface TemporalClient {
  client: Client
  /** Which of Holdfast's search attributes are registered there? */
  searchAttributes: UsableAttributes
  /** Is there one for metadata? */
  searchesMetadata: boolean
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

interface Opened {
  temporalClient: TemporalClient
  close(): Promise<void>
}

type State =
  | { name: 'unopened' }
  /** `lastFailure`: what the try before this one came to; null: there was none. */
  | { name: 'opening'; opening: Promise<Opened>; lastFailure: { error: unknown } | null }
  | { name: 'open'; opened: Opened }
  | { name: 'failed'; error: unknown }
  | { name: 'closed' }

export function createTemporalClients(
  options: TemporalOptions,
  own?: GivenConnection | undefined,
  seams: ClientSeams = {},
): TemporalClients {
  let state: State = { name: 'unopened' }

  const begin = (lastFailure: { error: unknown } | null): Promise<Opened> => {
    const opening = connect(options, own, seams)
    const mine: State = { name: 'opening', opening, lastFailure }
    state = mine
    opening.then(
      (opened) => {
        if (state === mine) state = { name: 'open', opened }
      },
      (error: unknown) => {
        if (state === mine) state = { name: 'failed', error }
      },
    )
    return opening
  }

  /** Throws what the try came to. */
  const openedBy = async (accepted: Accepted): Promise<Opened> => {
    switch (state.name) {
      case 'closed':
        throw closedError(accepted)
      case 'open':
        return state.opened
      case 'opening':
        // Somebody tries again already, and that may take seconds: the others get what is known.
        if (state.lastFailure !== null) throw state.lastFailure.error
        return state.opening
      case 'unopened':
        return begin(null)
      case 'failed':
        return begin({ error: state.error })
    }
  }

  return {
    async open(accepted) {
      try {
        return (await openedBy(accepted)).temporalClient
      } catch (error) {
        throw unreachable(error, accepted)
      }
    },
    async close() {
      const before = state
      state = { name: 'closed' }
      if (before.name === 'open') await before.opened.close()
      if (before.name === 'opening') await (await before.opening.catch(() => null))?.close()
    },
  }
}

/** Throws what the connection throws, or HoldfastError where Temporal does not answer. */
async function connect(
  options: TemporalOptions,
  own: GivenConnection | undefined,
  seams: ClientSeams,
): Promise<Opened> {
  const { namespace } = options
  const given = typeof own === 'function' ? await own() : own
  const connection = given ?? (await connectClient(withPlugins(options, seams)))
  const close = async () => (own === undefined ? connection.close() : undefined)
  try {
    await requireHealthy(connection, null)
    const check = await checkSearchAttributes(connection, namespace)
    const client = createClient(connection, namespace, seams)
    const searchAttributes = usableAttributes(check)
    return {
      temporalClient: { client, searchAttributes, searchesMetadata: searchesMetadata(check) },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
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
