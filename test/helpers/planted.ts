/**
 * What somebody finds who has all bytes that are kept, and none of the keys: strings that were planted in requests and answers.
 * They are of small letters and digits, so that URLs and JSON have them as they are.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { createClient, RESP_TYPES } from '@redis/client'

export const PLANTED = {
  prompt: 'plantedprompt7731xq',
  system: 'plantedsystem5528xq',
  answer: 'plantedanswer4410xq',
  streamed: 'plantedstreamed6604xq',
  toolArgument: 'plantedargument1962xq',
  toolResult: 'plantedresult8823xq',
  toolDescription: 'plantedtool3047xq',
  schema: 'plantedschema9155xq',
  providerError: 'plantederror2276xq',
  requestHeader: 'plantedbeta6419xq',
  providerHeader: 'plantedheader7380xq',
  metadata: 'plantedmetadata1034xq',
  idempotencyKey: 'plantedkey5871xq',
  large: 'plantedlarge4093xq',
} as const

export type Planted = keyof typeof PLANTED

const BASE64_OFFSETS = [0, 1, 2]

/** The middle of its base64, which is the same whatever stands before and behind it. */
const base64At = (bytes: Buffer, offset: number): string => {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  return whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3) - 1)
}

const formsOf = (text: string): Buffer[] =>
  [Buffer.from(text), Buffer.from(text, 'utf16le')].flatMap((bytes) => {
    const hex = bytes.toString('hex')
    const texts = [hex, hex.toUpperCase(), ...BASE64_OFFSETS.map((offset) => base64At(bytes, offset))]
    return [bytes, ...texts.map((one) => Buffer.from(one))]
  })
const FORMS = Object.entries(PLANTED).map(([name, text]) => ({ name, forms: formsOf(text) }))

/** The names of what stands in it: as it is, in base64 or hex, or so within what is compressed. */
export function plantedIn(bytes: Buffer): Planted[] {
  const all = [bytes, ...inflatedIn(bytes)]
  const found = FORMS.filter(({ forms }) => all.some((one) => forms.some((form) => one.includes(form))))
  return found.map(({ name }) => name as Planted)
}

/** The first bytes of gzip as Node writes it, and how many stand before what is deflated. */
const GZIP = Buffer.from([0x1f, 0x8b, 0x08, 0])
const GZIP_HEADER_BYTES = 10
/** The first bytes of zlib at its levels. */
const ZLIB = ['7801', '785e', '789c', '78da'].map((hex) => Buffer.from(hex, 'hex'))
const ZLIB_HEADER_BYTES = 2
const INFLATED_MAX_BYTES = 64 * 1024 * 1024

/** Whatever inflates, also where it is cut. */
function inflatedIn(bytes: Buffer): Buffer[] {
  const starts = [
    ...placesOf(bytes, GZIP).map((at) => at + GZIP_HEADER_BYTES),
    ...ZLIB.flatMap((start) => placesOf(bytes, start)).map((at) => at + ZLIB_HEADER_BYTES),
  ]
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, maxOutputLength: INFLATED_MAX_BYTES }
  return starts.flatMap((at) => {
    try {
      return [zlib.inflateRawSync(bytes.subarray(at), options)]
    } catch {
      return []
    }
  })
}

function placesOf(bytes: Buffer, start: Buffer): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) places.push(at)
  return places
}

/** By its path in the folder. */
export function filesIn(folder: string): { [file: string]: Buffer } {
  if (!existsSync(folder)) return {}
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name))
  return Object.fromEntries(files.map((file) => [path.relative(folder, file), readFileSync(file)]))
}

/** Names and values of all keys: of streams their entries, since a dump has these compressed. */
export async function redisBytes(url: string): Promise<Buffer> {
  const client = await createClient({ url, RESP: 2 })
    .on('error', () => undefined)
    .connect()
  try {
    const keys = (await client.sendCommand(['KEYS', '*'])) as string[]
    const values = await Promise.all(
      keys.map(async (key) => {
        const read = READS[await client.type(key)]
        const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer }
        return read === undefined ? [] : client.sendCommand(read(key), { typeMapping })
      }),
    )
    return Buffer.concat([...keys.map((key) => Buffer.from(`${key}\n`)), ...buffersIn(values)])
  } finally {
    client.destroy()
  }
}

const buffersIn = (value: unknown): Buffer[] => {
  if (Buffer.isBuffer(value)) return [value]
  return Array.isArray(value) ? value.flatMap(buffersIn) : []
}

const READS: { [type: string]: (key: string) => string[] } = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1'],
  stream: (key) => ['XRANGE', key, '-', '+'],
}
