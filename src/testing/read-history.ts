/** A recorded run, in whichever form a test or the command line has it. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { HistorySource } from '../history'
import { type History, historyFromJson } from '../temporal/history-json'

/**
 * A file's path (JSON, or JSON compressed by gzip); what `temporal workflow show --output json` prints, parsed; or what a
 * Temporal client has fetched.
 */
export type HistoryInput = string | HistorySource

/** As it was given; a file's content, parsed. Throws an Error that names the file, and says what is wrong with it. */
export const readSource = (input: HistoryInput): HistorySource =>
  typeof input === 'string' ? inFile(input, (source) => source) : input

/** For the SDK. Throws as `readSource`, and where it is no whole history. */
export const readHistory = (input: HistoryInput): History =>
  typeof input === 'string' ? inFile(input, protobufOf) : protobufOf(input)

function inFile<T>(file: string, read: (source: HistorySource) => T): T {
  try {
    return read(JSON.parse(textOf(file)))
  } catch (error) {
    // Not `instanceof Error`: in jest Node's own errors are of another realm.
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

const protobufOf = (source: HistorySource): History =>
  whole(isProtobuf(source) ? source : historyFromJson(source))

/** Of any other the SDK's replay waits for ever. */
function whole(history: History): History {
  if (history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId) return history
  throw new Error('This history is not whole: its first event has to be the start of the run, with its id')
}

function textOf(file: string): string {
  const bytes = readFileSync(file)
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  return (isCompressed ? gunzipSync(bytes) : bytes).toString()
}

/** In JSON an event's type is text. */
export const isProtobuf = (input: HistorySource): input is History =>
  typeof (input as History).events?.[0]?.eventType === 'number'

/** The id of the workflow that recorded it; null: an old server, which did not say. */
export const workflowIdOf = ({ events }: History): string | null =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId || null
