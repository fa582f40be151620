/** What `replay` and `reenact` are given: one run, by its id or from a file, or all that were started since. */
import type { Command } from 'commander'
import { showProgress } from '../batch/progress'
import type { RecordedRuns } from '../client/recorded-runs'
import type { HistorySource, PayloadReader } from '../history'
import { createSemaphore } from '../util/semaphore'
import { agoOption, countOption } from './options'
import { type Context, connected, isFile, readableHistory, readRecorded, savedHistory } from './recorded-run'

export interface RunsOptions {
  config?: string
  /** Milliseconds back from now. */
  since?: number
  query?: string
  limit: number
}

const DEFAULT_RUNS = 1_000

/** The argument and the options of RunsOptions. */
export const takingRuns = (command: Command): Command =>
  command
    .argument('[id|file]', "a generation's id, or a saved history (holdfast export)")
    .option('--config <file>', 'config file of the connection (default: holdfast.yaml)')
    .option('--since <duration>', 'all that were started since, e.g. 24h', agoOption)
    .option('--query <query>', "of these, in the Web UI's query language, e.g. \"HoldfastRoute = 'default'\"")
    .option('--limit <count>', 'so many at most, the latest', countOption, DEFAULT_RUNS)

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
  if (given !== undefined && isFile(given)) return [await act(await ofFile(given))]
  return connected(config, async (context) => {
    const ids = given === undefined ? await idsSince(context, since ?? 0, query, limit) : [given]
    const progress = { total: ids.length, done: 0, kept: 0, failed: 0, inFlight: 0, waiting: null }
    const view = process.stderr.isTTY && ids.length > 1 ? showProgress(process.stderr, progress) : null
    try {
      const turn = createSemaphore(inFlight)
      const work = async (id: string): Promise<T> => {
        progress.inFlight += 1
        const result = await act(ofServer(id, await readRecorded(context, id)))
        progress.inFlight -= 1
        progress.done += 1
        return result
      }
      return await Promise.all(ids.map((id) => turn(() => work(id))))
    } finally {
      view?.stop()
    }
  })
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

async function ofFile(name: string): Promise<FoundRuns> {
  const history = savedHistory(name)
  const { readable, payload } = await readableHistory(history)
  return { name, histories: [history], readable: [readable], payload }
}

const ofServer = (name: string, { histories, readable, payload }: RecordedRuns): FoundRuns => ({
  name,
  histories,
  readable,
  payload,
})
