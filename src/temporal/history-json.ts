/**
 * Histories between Temporal's proto JSON (`temporal workflow show --output json`, the Web UI's download) and the objects
 * that the SDK replays and reads.
 *
 * HISTORY-JSON-1 What reads the JSON is of the same copy of `protobufjs` as the types of `@temporalio/proto`. Where npm
 *    nests one copy under each Temporal package, the SDK's own `historyFromJSON` takes one copy's reader and another
 *    copy's types, and throws `type must be a Type`.
 */
import { createRequire } from 'node:module'
import { temporal } from '@temporalio/proto'

export type History = temporal.api.history.v1.IHistory
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent
/** A history as proto JSON. */
export interface HistoryJson {
  events: { [field: string]: unknown }[]
}

/** HISTORY-JSON-1 */
interface ProtoJson {
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): History | null
  toJson(type: unknown, message: unknown): unknown
}
const { fromJson, toJson }: ProtoJson = createRequire(
  require.resolve('@temporalio/proto/lib/patch-protobuf-root'),
)('protobufjs/ext/protojson')

/** A class by its types; an object that describes the message to what reads it. */
const { History: HISTORY } = temporal.api.history.v1

/**
 * @param json with `events`, or the events themselves
 * @throws Error that says what the JSON is instead of a history
 */
export function historyFromJson(json: unknown): History {
  const events = Array.isArray(json) ? json : (json as Partial<HistoryJson> | null)?.events
  if (!Array.isArray(events) || events.length === 0)
    throw new Error(
      'This is no history: a history has a list of `events`, as in `temporal workflow show --output json`',
    )
  try {
    const history = fromJson(HISTORY, { events: events.map(withEventType) }, { ignoreUnknownFields: true })
    if (history !== null) return history
  } catch (error) {
    const problem = (error as Error).message
    throw new Error(
      `This history can't be read: ${problem}. It has to be as \`temporal workflow show --output json\` prints it; from the Web UI, download it without decoding its payloads`,
      { cause: error },
    )
  }
  throw new Error('This history is empty')
}

/** As the CLI prints it. */
export const historyToJson = (history: History): HistoryJson =>
  toJson(HISTORY, HISTORY.fromObject(history)) as HistoryJson

/** Older tools write `WorkflowExecutionStarted`. */
function withEventType(event: unknown): unknown {
  const { eventType } = event as { eventType?: unknown }
  if (typeof eventType !== 'string' || eventType.startsWith('EVENT_TYPE_')) return event
  const constant = eventType.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  return { ...(event as object), eventType: `EVENT_TYPE_${constant}` }
}
