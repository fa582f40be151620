/** `/codec`: Temporal's remote codec, for those with a key to operate with, and for pages of the Web UI alone. */
import { newEncryptionKey } from '../../src/encryption'
import { remoteCodecOf } from '../../src/gateway/codec'
import { type TestGateway, testGateway } from '../helpers/gateway'

const ORIGIN = 'http://ui.example:8233'
const env = { HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('first'), HOLDFAST_UI_URL: `${ORIGIN}/` }
const temporal = { address: '127.0.0.1:7233', namespace: 'default', connection: {} }
const codecOf = (keys: string) => {
  const codec = remoteCodecOf(temporal, { ...env, HOLDFAST_ENCRYPTION_KEYS: keys })
  if (codec === null) throw new Error('there are no keys')
  return codec
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const PLAIN = { metadata: { encoding: base64('json/plain') }, data: base64('"a prompt"') }
const OPERATOR = { authorization: 'Bearer k-ada' }

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway({
    apiKeys: 'acme:k-acme',
    operateKeys: 'ada:k-ada',
    corsOrigins: ['*'],
    codec: codecOf(env.HOLDFAST_ENCRYPTION_KEYS),
  })
})
afterAll(() => gateway.close())

const payloadsOf = async (response: Response) => ((await response.json()) as { payloads: unknown[] }).payloads

it('what it has encoded it decodes, and what it can not decrypt comes back as it was', async () => {
  const encoded = await payloadsOf(await gateway.post('/codec/encode', { payloads: [PLAIN] }, OPERATOR))
  expect(JSON.stringify(encoded)).not.toContain(PLAIN.data)
  const other = (await codecOf(newEncryptionKey('second')).codec.encode([
    { metadata: {}, data: Buffer.from('x') },
  ])) as { metadata: { [name: string]: Uint8Array }; data: Uint8Array }[]
  const foreign = other.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
    ),
    data: Buffer.from(data).toString('base64'),
  }))
  const given = { payloads: [...encoded, ...foreign, PLAIN] }
  const decoded = await payloadsOf(await gateway.post('/codec/decode', given, OPERATOR))
  expect(decoded).toEqual([PLAIN, ...foreign, PLAIN])
})

it.each([
  ['no key', {}, 401],
  ["a tenant's key", { authorization: 'Bearer k-acme' }, 403],
  ['an operator’s key, from a page of another origin', { ...OPERATOR, origin: 'http://evil.example' }, 403],
  ['an operator’s key, from the Web UI', { ...OPERATOR, origin: ORIGIN }, 200],
])('%s', async (_, headers, status) => {
  expect((await gateway.post('/codec/decode', { payloads: [PLAIN] }, headers)).status).toBe(status)
})

it('a preflight of the Web UI is answered, and one of another page refused, whatever --cors-origin says', async () => {
  const preflight = (origin: string) =>
    gateway.ask('/codec/decode', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-namespace',
      },
    })
  const allowed = await preflight(ORIGIN)
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN])
  const refused = await preflight('http://evil.example')
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
})

it.each([
  ['no list', { payloads: 7 }],
  ['what is no base64', { payloads: [{ metadata: {}, data: '%' }] }],
  ['no JSON', '{'],
  ['nothing', {}],
])('a body with %s is a bad request', async (_, body) => {
  expect((await gateway.post('/codec/decode', body, OPERATOR)).status).toBe(400)
})

it('without encryption keys there is no codec', async () => {
  expect(remoteCodecOf(temporal, {})).toBeNull()
})
