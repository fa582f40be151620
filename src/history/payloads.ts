/** Payloads inside a history in proto JSON: bytes are base64. */
import { type Fields, isFields } from './events'

export interface JsonPayload {
  metadata: { [name: string]: string }
  data?: string | undefined
}

export const isJsonPayload = (value: unknown): value is JsonPayload =>
  isFields(value) && isFields(value.metadata) && typeof value.metadata.encoding === 'string'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

export const jsonPayload = ({
  metadata,
  data,
}: {
  metadata?: { [name: string]: Uint8Array } | null
  data?: Uint8Array | null
}): JsonPayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])),
  ...(data == null ? {} : { data: base64(data) }),
})

/** Search attributes are for the server: no codec has ever seen them. */
const NEVER_ENCODED = 'searchAttributes'

/** With each payload mapped. */
export async function mapPayloads<T>(
  value: T,
  map: (payload: JsonPayload) => Promise<JsonPayload>,
): Promise<T> {
  if (isJsonPayload(value)) return (await map(value)) as T
  if (Array.isArray(value)) return (await Promise.all(value.map((one) => mapPayloads(one, map)))) as T
  if (!isFields(value)) return value
  const mapped: { [name: string]: unknown } = {}
  for (const [name, field] of Object.entries(value as Fields))
    mapped[name] = name === NEVER_ENCODED ? field : await mapPayloads(field, map)
  return mapped as T
}
