/** Whole histories, as the proto JSON that every Temporal tool reads and writes. */
import type { Client } from '@temporalio/client'
import type { LoadedDataConverter } from '@temporalio/common'
import { decode } from '@temporalio/common/lib/internal-non-workflow'
import { type HistorySource, type PayloadReader, readPlainPayload } from '../history'
import { fieldsOf, isFields, plainPayload } from '../history/events'
import { jsonPayload, mapPayloads } from '../history/payloads'
import { plainCodec } from './codec/payload-codec'
import { historyToJson } from './history-json'
import { historyPage } from './payloads'

type Events = NonNullable<NonNullable<Awaited<ReturnType<typeof historyPage>>['history']>['events']>

/** All pages. Throws what Temporal throws. */
export const fetchHistoryJson = async (
  client: Client,
  workflowId: string,
  runId: string,
): Promise<HistorySource> => historyToJson({ events: await fetchEvents(client, workflowId, runId) })

/**
 * The same without the data converter's codecs, to be read and not kept: where there are none, as the SDK has it, which
 * saves most of the time.
 */
export async function fetchReadableHistory(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<HistorySource> {
  const events = await fetchEvents(client, workflowId, runId)
  const converter = client.options.loadedDataConverter
  return converter.payloadCodecs.every((codec) => codec === plainCodec)
    ? { events }
    : withoutCodecs(historyToJson({ events }), converter)
}

async function fetchEvents(client: Client, workflowId: string, runId: string): Promise<Events> {
  const events: Events = []
  let nextPageToken: Uint8Array | undefined
  do {
    const page = await historyPage(client, {
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    })
    events.push(...(page.history?.events ?? []))
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined
  } while (nextPageToken !== undefined)
  return events
}

/** The same with its payloads' codecs undone, and its failures' words where they are read. Rejects with what a codec throws. */
export async function withoutCodecs(
  history: HistorySource,
  { payloadCodecs }: LoadedDataConverter,
): Promise<HistorySource> {
  if (payloadCodecs.length === 0) return history
  const decoded = await mapPayloads(history, async (payload) => {
    const [plain] = await decode(payloadCodecs, [plainPayload(payload)])
    return plain === undefined ? payload : jsonPayload(plain)
  })
  return withFailureWords(decoded)
}

/** Message and stack of a failure that stood in a payload of it (`encodeCommonAttributes`). */
function withFailureWords<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withFailureWords) as T
  if (!isFields(value)) return value
  const { encodedAttributes, ...fields } = value
  const mapped = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, withFailureWords(field)]),
  )
  if (encodedAttributes === undefined) return mapped as T
  const { message, stack_trace: stackTrace } = fieldsOf(readPlainPayload(plainPayload(encodedAttributes)))
  return { ...mapped, message, stackTrace } as T
}

/** Temporal's core writes markers of its own, in plain JSON. */
export const payloadReader =
  ({ payloadConverter }: LoadedDataConverter): PayloadReader =>
  (payload) => {
    try {
      return payloadConverter.fromPayload(payload)
    } catch {
      return readPlainPayload(payload)
    }
  }
