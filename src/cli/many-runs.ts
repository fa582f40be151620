/** What `replay` and `reenact` are given: one run, by its id or from a file, or all that were started since. */
import { inOrder } from '../batch/in-order'
import { showProgress } from '../batch/progress'
import type { RecordedRuns } from '../client/recorded-runs'
import { type HistorySource, type PayloadReader, readPlainPayload } from '../history'
import { type Context, connected, isFile, readRecorded, savedHistory } from './recorded-run'

export interface RunsOptions {
  config?: string
  /** Milliseconds back from now. */
  since?: number
  query?: string
  limit: number
}

export const DEFAULT_RUNS = 1_000

/** One run of a chain at least, the oldest first. */
export interface FoundRuns {
  /** An id, or a file's path. */
  name: string
  histories: readonly HistorySource[]
  /** The same without the data converter's codecs. */
  readable: readonly HistorySource[]
  payload: PayloadReader
}

/** Acts on each, `inFlight` at a time, and gives the results in order. Throws HoldfastError, or an Error for a wrong file. */
export async function onRuns<T>(
  given: string | undefined,
  { config, since, query, limit }: RunsOptions,
  inFlight: number,
  act: (runs: FoundRuns) => Promise<T>,
): Promise<T[]> {
  if ((given === undefined) === (since === undefined))
    throw new Error('Which ones? A generation’s id, a file with a history, or --since 24h')
  if (given !== undefined && isFile(given)) return [await act(ofFile(given))]
  return connected(config, async (context) => {
    const ids = given === undefined ? await idsSince(context, since ?? 0, query, limit) : [given]
    const progress = { total: ids.length, done: 0, kept: 0, failed: 0, inFlight: 0, waiting: null }
    const view = process.stderr.isTTY && ids.length > 1 ? showProgress(process.stderr, progress) : null
    try {
      const results: T[] = []
      const work = async (id: string): Promise<{ result: T }> => {
        progress.inFlight += 1
        const result = await act(ofServer(id, await readRecorded(context, id)))
        progress.inFlight -= 1
        progress.done += 1
        return { result }
      }
      const limits = { inFlight, ahead: ids.length + 1, aheadBytes: Number.POSITIVE_INFINITY }
      const { signal } = new AbortController()
      for await (const { result } of inOrder(each(ids), { act: work, sizeOf: () => 0, limits, signal }))
        results.push(result)
      return results
    } finally {
      view?.stop()
    }
  })
}

async function* each(ids: readonly string[]): AsyncGenerator<string> {
  yield* ids
}

async function idsSince(
  { client }: Context,
  sinceMs: number,
  query: string | undefined,
  limit: number,
): Promise<string[]> {
  const { listGenerations } = await import('../client/list-generations')
  const listed = await listGenerations(client, { startedSince: Date.now() - sinceMs, query }, limit)
  return listed.map(({ id }) => id)
}

function ofFile(name: string): FoundRuns {
  const histories = [savedHistory(name)]
  return { name, histories, readable: histories, payload: readPlainPayload }
}

const ofServer = (name: string, { histories, readable, payload }: RecordedRuns): FoundRuns => ({
  name,
  histories,
  readable,
  payload,
})
