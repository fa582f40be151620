/** Where a command's run comes from: Temporal, by its id, or a file with a saved history. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { HoldfastError } from '../client'
import type { RecordedRuns } from '../client/recorded-runs'
import type { TemporalClient } from '../client/temporal-client'
import { type Config, loadConfig } from '../config'
import { type HistorySource, type PayloadReader, type Run, readRun } from '../history'
import { type TemporalOptions, temporalOptions } from '../temporal/connection'

export interface Context extends TemporalClient {
  config: Config
  temporal: TemporalOptions
}

/** With a connection of the environment's, closed afterwards. Throws HoldfastError where Temporal is away. */
export async function connected<T>(
  file: string | undefined,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const { env } = process
  const config = await loadConfig({ file, env })
  const { createTemporalClients } = await import('../client/temporal-client')
  const { withDataConverter } = await import('../temporal/data-converter')
  const temporal = temporalOptions(env)
  const temporalClients = createTemporalClients(temporal, undefined, withDataConverter({}, { env, config }))
  try {
    return await act({ ...(await temporalClients.open(false)), config, temporal })
  } finally {
    await temporalClients.close()
  }
}

export async function readRecorded({ client }: Context, id: string, runId?: string): Promise<RecordedRuns> {
  const { readRecordedRuns } = await import('../client/recorded-runs')
  return readRecordedRuns(client, id, runId)
}

/** A path, or what looks like one: an id is none. */
export const isFile = (text: string): boolean => existsSync(text) || /[/\\]|\.json(\.gz)?$/.test(text)

/** Throws Error where it is no history, or can't be decrypted. */
export async function savedRun(file: string): Promise<Run> {
  const { readable, payload } = await readableHistory(savedHistory(file))
  return readRun(readable, { payload })
}

/** A saved history without the codec of HOLDFAST_ENCRYPTION_KEYS. Throws Error where it can't be decrypted. */
export async function readableHistory(
  history: HistorySource,
): Promise<{ readable: HistorySource; payload: PayloadReader }> {
  const { loadDataConverter } = await import('@temporalio/common/lib/internal-non-workflow')
  const { dataConverterOf } = await import('../temporal/data-converter')
  const { payloadReader, withoutCodecs } = await import('../temporal/histories')
  const loaded = loadDataConverter(dataConverterOf({ env: process.env, config: null }))
  return { readable: await withoutCodecs(history, loaded), payload: payloadReader(loaded) }
}

/** Throws Error where it is not there, or not JSON. */
export function savedHistory(file: string): HistorySource {
  if (!existsSync(file)) throw new Error(`There is no file ${file}`)
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  try {
    return JSON.parse(text) as HistorySource
  } catch {
    throw new Error(`${file} is no history: it is not JSON. \`holdfast export ID --out ${file}\` writes one`)
  }
}

/** Prints what is wrong with an id or the way to Temporal; throws any other error. */
export function reportError(command: string, error: unknown, json: boolean): void {
  if (!(error instanceof HoldfastError)) throw error
  process.exitCode = 1
  if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
  const isUnknown = error.kind === 'not_found' || error.kind === 'invalid_request'
  const hint = isUnknown && command !== 'list' ? 'The latest generations: holdfast list\n' : ''
  process.stderr.write(`holdfast ${command}: ${error.message}\n${hint}`)
}
