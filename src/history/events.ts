/**
 * A history's events, read from either form: proto JSON (what `temporal workflow show --output json` and the Web UI print:
 * instants and bytes as text) or the protobuf objects of the SDK (numbers as `Long`, bytes as arrays).
 */

/** A message of either form. */
export type Fields = { readonly [name: string]: unknown }

/** As a file or the server has it. */
export interface HistorySource {
  events?: readonly unknown[] | null | undefined
}

export interface RunEvent {
  id: number
  /** Epoch milliseconds. */
  at: number
  /** Of its attributes, e.g. `activityTaskScheduled`. */
  type: string
  attributes: Fields
}

/** A payload as its own content: the data converter's work, but for its codecs. */
export type PayloadReader = (payload: PlainPayload) => unknown

export interface PlainPayload {
  metadata: { [name: string]: Uint8Array }
  data: Uint8Array
}

const ATTRIBUTES = 'EventAttributes'

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null

/** Of a number, its text, or a `Long`. */
export const numberOf = (value: unknown): number => {
  const number = value == null ? 0 : Number(String(value))
  return Number.isFinite(number) ? number : 0
}

/** Epoch milliseconds; null: none. */
export function instantOf(value: unknown): number | null {
  if (typeof value === 'string') {
    const at = Date.parse(value)
    return Number.isNaN(at) ? null : at
  }
  return isFields(value) ? millisecondsOf(value) : null
}

/** Milliseconds; null: none. */
export function durationOf(value: unknown): number | null {
  if (typeof value === 'string') return Math.round(Number.parseFloat(value) * 1_000)
  return isFields(value) ? millisecondsOf(value) : null
}

const millisecondsOf = ({ seconds, nanos }: Fields): number =>
  Math.floor(numberOf(seconds) * 1_000 + numberOf(nanos) / 1_000_000)

/** Throws where it is no history. */
export function eventsOf({ events }: HistorySource): RunEvent[] {
  if (!Array.isArray(events) || events.length === 0)
    throw new Error('This is no history: it has no list of events')
  return events.map(eventOf)
}

function eventOf(value: unknown): RunEvent {
  const event = fieldsOf(value)
  const name = Object.keys(event).find((key) => key.endsWith(ATTRIBUTES) && isFields(event[key]))
  return {
    id: numberOf(event.eventId),
    at: instantOf(event.eventTime) ?? 0,
    type: name?.slice(0, -ATTRIBUTES.length) ?? 'unknown',
    attributes: name === undefined ? {} : fieldsOf(event[name]),
  }
}

/** The contents of a list of payloads. */
export const payloadsOf = (value: unknown, read: PayloadReader): unknown[] => {
  const { payloads } = fieldsOf(value)
  return Array.isArray(payloads) ? payloads.map((payload) => read(plainPayload(payload))) : []
}

/** The first of a list of payloads; undefined: none. */
export const payloadOf = (value: unknown, read: PayloadReader): unknown => payloadsOf(value, read)[0]

export function plainPayload(value: unknown): PlainPayload {
  const { metadata, data } = fieldsOf(value)
  const entries = Object.entries(fieldsOf(metadata)).map(([name, bytes]) => [name, bytesOf(bytes)] as const)
  return { metadata: Object.fromEntries(entries), data: bytesOf(data) }
}

const bytesOf = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? Buffer.from(value, 'base64') : new Uint8Array()
}

export const encodingOf = ({ metadata }: PlainPayload): string =>
  Buffer.from(metadata.encoding ?? []).toString()

/** Reads what the default data converter writes. Throws at what a codec has written. */
export const readPlainPayload: PayloadReader = (payload) => {
  const { data } = payload
  const encoding = encodingOf(payload)
  if (encoding === 'binary/null') return undefined
  if (encoding === 'binary/plain') return data
  if (encoding.startsWith('json/')) return JSON.parse(Buffer.from(data).toString())
  throw new Error(
    `A payload of this history is encoded as ${JSON.stringify(encoding)}: it can be read with the data converter that wrote it`,
  )
}

export interface RecordedFailure {
  message: string
  /** Which info it has: `application`, `canceled`, `timeout`, `activity`, … */
  info: string
  /** Of an application failure: its type. */
  type: string | null
  /** Of a timeout, in the words of the proto. */
  timeoutType: string | null
  /** The first of the details, or of the last heartbeat. */
  details: unknown
  cause: RecordedFailure | null
}

const INFO = 'FailureInfo'

const TIMEOUT_TYPES = ['UNSPECIFIED', 'START_TO_CLOSE', 'SCHEDULE_TO_START', 'SCHEDULE_TO_CLOSE', 'HEARTBEAT']

export function failureOf(value: unknown, read: PayloadReader): RecordedFailure | null {
  if (!isFields(value)) return null
  const key = Object.keys(value).find((name) => name.endsWith(INFO) && isFields(value[name]))
  const info = key === undefined ? {} : fieldsOf(value[key])
  const encoded = isFields(value.encodedAttributes)
    ? fieldsOf(read(plainPayload(value.encodedAttributes)))
    : value
  return {
    message: textOf(encoded.message) ?? '',
    info: key?.slice(0, -INFO.length) ?? '',
    type: textOf(info.type),
    timeoutType: timeoutTypeOf(info.timeoutType),
    details: payloadOf(info.details ?? info.lastHeartbeatDetails, read),
    cause: failureOf(value.cause, read),
  }
}

const timeoutTypeOf = (value: unknown): string | null => {
  if (typeof value === 'number') return TIMEOUT_TYPES[value] ?? null
  return textOf(value)?.replace(/^TIMEOUT_TYPE_/, '') ?? null
}
