/** A recorded run, in whichever form a test or the command line has it. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type History, type HistoryJson, historyFromJson } from '../temporal/history-json'

/**
 * A file's path (JSON, or JSON compressed by gzip); what `temporal workflow show --output json` prints, parsed; or what a
 * Temporal client has fetched.
 */
export type HistoryInput = string | HistoryJson | History

/** Throws an Error that names the file, and says what is wrong with it. */
export async function readHistory(input: HistoryInput): Promise<History> {
  if (typeof input !== 'string') return whole(isProtobuf(input) ? input : historyFromJson(input))
  try {
    return whole(historyFromJson(JSON.parse(await textOf(input))))
  } catch (error) {
    // Not `instanceof Error`: in jest Node's own errors are of another realm.
    throw new Error(`${input}: ${(error as Error).message}`, { cause: error })
  }
}

/** Of any other the SDK's replay waits for ever. */
function whole(history: History): History {
  if (history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId) return history
  throw new Error('This history is not whole: its first event has to be the start of the run, with its id')
}

async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file)
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  return (isCompressed ? await promisify(gunzip)(bytes) : bytes).toString()
}

/** In JSON an event's type is text. */
const isProtobuf = (input: HistoryJson | History): input is History =>
  typeof (input as History).events?.[0]?.eventType === 'number'

/** The id of the workflow that recorded it; null: an old server, which did not say. */
export const workflowIdOf = ({ events }: History): string | null =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId || null
