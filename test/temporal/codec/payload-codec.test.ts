/** Payloads encrypted by AES-256-GCM (PAYLOAD-CODEC-1 to 4), with bytes that were damaged, cut, or written by another key. */
import { createDecipheriv, randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { temporal } from '@temporalio/proto'
import { newEncryptionKey, readEncryptionKeys, seal } from '../../../src/encryption'
import { payloadCodec, plainCodec } from '../../../src/temporal/codec/payload-codec'

const keysOf = (...texts: string[]) => {
  const keys = readEncryptionKeys({ HOLDFAST_ENCRYPTION_KEYS: texts.join(',') })
  if (keys === null) throw new Error('no keys')
  return keys
}
const codecOf = (...texts: string[]) => payloadCodec(keysOf(...texts))
const [first, second] = [newEncryptionKey('first'), newEncryptionKey('second')]
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)
const contentOf = (one: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(one as Payload)
const decode = async (codec: ReturnType<typeof payloadCodec>, one: Payload | undefined) =>
  contentOf((await codec.decode([one as Payload]))[0])
const encoded = async (value: unknown, codec = codecOf(first)): Promise<Payload> =>
  (await codec.encode([payload(value)]))[0] as Payload
const changed = (one: Payload, data: Uint8Array): Payload => ({ ...one, data })

it.each([
  ['a text', 'a prompt'],
  ['an object', { messages: [{ role: 'user', content: 'ü€😀' }] }],
  ['bytes', new Uint8Array([0, 255, 1])],
  ['nothing', undefined],
  ['a long text, which is compressed', 'a prompt '.repeat(10_000)],
  ['1.9 MiB that can not be compressed', randomBytes(1_000_000).toString('base64')],
])('%s comes back as it was', async (_, value) => {
  const sealed = await encoded(value)
  expect(Buffer.from(sealed.metadata?.encoding ?? []).toString()).toBe('binary/encrypted')
  expect(Buffer.from(sealed.metadata?.['encryption-key-id'] ?? []).toString()).toBe('first')
  expect(Object.keys(sealed.metadata ?? {})).toHaveLength(2)
  expect(await decode(codecOf(first), sealed)).toEqual(value)
})

it('the form is that of Temporal’s samples: nonce, encrypted payload, tag', async () => {
  const { data } = await encoded('a prompt')
  const bytes = Buffer.from(data ?? [])
  const secret = keysOf(first).writing?.secret ?? Buffer.alloc(0)
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  expect(contentOf(temporal.api.common.v1.Payload.decode(text))).toBe('a prompt')
})

it('a long text takes less than it took in plain', async () => {
  const text = 'It is answered although providers fail. '.repeat(100)
  expect((await encoded(text)).data?.length).toBeLessThan(text.length / 4)
})

it('after a rotation what the old key has written is read, and what the new one writes by the new one alone', async () => {
  const rotated = codecOf(second, first)
  expect(await decode(rotated, await encoded('before'))).toBe('before')
  const after = await encoded('after', rotated)
  expect(await decode(codecOf(second), after)).toBe('after')
  await expect(decode(codecOf(first), after)).rejects.toThrow(
    'A payload was encrypted by the key "second", which is not among HOLDFAST_ENCRYPTION_KEYS',
  )
})

it('what was never encrypted is read, with keys and without', async () => {
  expect(await decode(codecOf(first), payload('plain'))).toBe('plain')
  expect(await decode(plainCodec, payload('plain'))).toBe('plain')
})

it('with `plain` in the first place it writes plain and reads both', async () => {
  const codec = codecOf('plain', first)
  expect(await encoded('now', codec)).toEqual(payload('now'))
  expect(await decode(codec, await encoded('later'))).toBe('later')
})

it('a process without keys says that it has none', async () => {
  await expect(decode(plainCodec, await encoded('x'))).rejects.toThrow(
    'by the key "first", and this process has no keys: set HOLDFAST_ENCRYPTION_KEYS',
  )
})

it('a key of the same id with other bytes is an error that names the id', async () => {
  const impostor = codecOf(newEncryptionKey('first'))
  await expect(decode(impostor, await encoded('x'))).rejects.toThrow('"first" can\'t be decrypted by it')
})

it.each<[string, (data: Uint8Array) => Uint8Array]>([
  ['empty', () => new Uint8Array()],
  ['a single byte', () => new Uint8Array([1])],
  ['cut in the middle', (data) => data.subarray(0, data.length / 2)],
  ['without its last byte', (data) => data.subarray(0, -1)],
  ['longer by a byte', (data) => Buffer.concat([data, Buffer.from([0])])],
  ['with a bit flipped in the nonce', (data) => data.map((byte, at) => (at === 3 ? byte ^ 1 : byte))],
  ['with a bit flipped in the text', (data) => data.map((byte, at) => (at === 20 ? byte ^ 128 : byte))],
  [
    'with a bit flipped in the tag',
    (data) => data.map((byte, at) => (at === data.length - 1 ? byte ^ 1 : byte)),
  ],
])('data that is %s throws, and becomes no value', async (_, damage) => {
  const sealed = await encoded('a prompt')
  const damaged = changed(sealed, damage(sealed.data ?? new Uint8Array()))
  await expect(codecOf(first).decode([damaged])).rejects.toThrow('it was changed or cut')
})

it('metadata that somebody changed decides nothing: an id of another key leads to an error', async () => {
  const sealed = await encoded('x')
  const moved = { ...sealed, metadata: { ...sealed.metadata, 'encryption-key-id': Buffer.from('second') } }
  await expect(codecOf(first, second).decode([moved])).rejects.toThrow("can't be decrypted by it")
  const without = { ...sealed, metadata: { encoding: Buffer.from('binary/encrypted') } }
  await expect(codecOf(first).decode([without])).rejects.toThrow('by the key ""')
})

it('a payload that would fill the memory when it is inflated is refused', async () => {
  const { writing } = keysOf(first)
  const bomb = temporal.api.common.v1.Payload.encode({
    metadata: { encoding: Buffer.from('binary/zlib') },
    data: deflateSync(Buffer.alloc(129 * 1024 ** 2), { level: 1 }),
  }).finish()
  const sealed = {
    metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('first') },
    data: seal(writing?.secret ?? Buffer.alloc(0), bomb),
  }
  await expect(codecOf(first).decode([sealed])).rejects.toThrow()
})
