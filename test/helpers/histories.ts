/** Saved histories, in Temporal's proto JSON form: what `temporal workflow show --output json` prints. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils'
import { temporal } from '@temporalio/proto'

export type History = ReturnType<typeof historyFromJSON>

const FOLDER = path.resolve(__dirname, '..', 'fixtures', 'histories')

/** HOLDFAST_RECORD_HISTORIES=1 writes them anew, when a change of the workflow was meant. */
export const recording = process.env.HOLDFAST_RECORD_HISTORIES === '1'

export const savedHistory = (name: string): History =>
  historyFromJSON(JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')))

export const saveHistory = (name: string, history: History): void =>
  writeFileSync(
    path.join(FOLDER, `${name}.json`),
    `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`,
  )

/** A long one is kept compressed. */
export const savedLongHistory = (name: string): History =>
  historyFromJSON(JSON.parse(gunzipSync(readFileSync(path.join(FOLDER, `${name}.json.gz`))).toString()))

/** The event types in order. Replay does not notice commands that were added at the end: this does. */
export const typesOf = (history: History): string[] =>
  (history.events ?? []).map(
    ({ eventType }) => temporal.api.enums.v1.EventType[eventType ?? 0] ?? String(eventType),
  )
