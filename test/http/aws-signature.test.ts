/** AWS's signature over what arrives at a real socket, checked by an own reading of its rules; AWS's client proves that reading. */
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createHttpClient, type HttpRequest } from '../../src/http'
import { type AwsIdentity, signedByAws } from '../../src/http/aws-signature'
import { type Received, signatures } from '../helpers/aws-signature'
import { httpServer, type Listening } from '../helpers/sockets'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const IDENTITY: AwsIdentity = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: SECRET,
  sessionToken: null,
  region: 'eu-central-1',
}
const NOW = Date.parse('2026-11-28T04:30:00Z')
/** An ARN: colons and slashes in one segment of the path. */
const MODEL = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2'
const LIMITS = { connectMs: 5_000, attemptMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, maxBytes: 1_000_000 }

let server: Listening
const received: Received[] = []
const http = createHttpClient({ env: {} })

beforeAll(async () => {
  server = await httpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      received.push({ method, path, headers, body: Buffer.concat(chunks) })
      response.setHeader('content-type', 'application/json')
      response.end('{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn"}')
    })
  })
})
afterAll(async () => {
  await http.close()
  await server.close()
})
beforeEach(() => received.splice(0))

const requestOf = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url: `http://127.0.0.1:${server.port}/base/model/${encodeURIComponent(MODEL)}/converse?a=b%20c&A=%2F`,
  headers: { accept: 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Grüße aus Köln 👋' }] }] }),
  ...more,
})

async function sent(request: HttpRequest, identity = IDENTITY, now = NOW): Promise<Received> {
  const outcome = await http.send(await signedByAws(request, identity, now), LIMITS)
  expect(outcome).toMatchObject({ ok: true })
  const [one] = received.splice(0)
  if (one === undefined) throw new Error('nothing arrived')
  return one
}

it('fits the path, the query and the bytes that arrive', async () => {
  const arrived = await sent(requestOf())
  expect(arrived.path).toContain('arn%3Aaws%3Abedrock')
  expect(arrived.headers.authorization).toContain('AKIDEXAMPLE/20261128/eu-central-1/bedrock/aws4_request')
  const { came, made } = signatures(arrived, SECRET)
  expect(came).toMatch(/^[0-9a-f]{64}$/)
  expect(made).toBe(came)
})

it('fits nothing else: not another body, path or secret', async () => {
  const arrived = await sent(requestOf())
  const { came } = signatures(arrived, SECRET)
  for (const other of [
    { ...arrived, body: Buffer.concat([arrived.body, Buffer.from(' ')]) },
    { ...arrived, path: arrived.path.replace('a1b2', 'a1b3') },
    { ...arrived, path: decodeURIComponent(arrived.path) },
  ])
    expect(signatures(other, SECRET).made).not.toBe(came)
  expect(signatures(arrived, `${SECRET}x`).made).not.toBe(came)
})

it('is read as AWS does: what its own client sends fits, too', async () => {
  const client = new BedrockRuntimeClient({
    region: IDENTITY.region,
    // Its default is HTTP/2.
    requestHandler: new NodeHttpHandler(),
    endpoint: `http://127.0.0.1:${server.port}/base`,
    credentials: { accessKeyId: IDENTITY.accessKeyId, secretAccessKey: SECRET },
    authSchemePreference: ['sigv4'],
  })
  await client.send(
    new ConverseCommand({ modelId: MODEL, messages: [{ role: 'user', content: [{ text: 'ü' }] }] }),
  )
  client.destroy()
  const [arrived] = received
  if (arrived === undefined) throw new Error('nothing arrived')
  const { came, made } = signatures(arrived, SECRET)
  expect(made).toBe(came)
})

it('has the session token among what is signed, and none where there is none', async () => {
  const temporary = await sent(requestOf(), { ...IDENTITY, sessionToken: 'token/+==' })
  expect(temporary.headers['x-amz-security-token']).toBe('token/+==')
  expect(temporary.headers.authorization).toContain('x-amz-security-token')
  const { came, made } = signatures(temporary, SECRET)
  expect(made).toBe(came)
  expect((await sent(requestOf())).headers).not.toHaveProperty('x-amz-security-token')
})

it('AWS-SIGNATURE-1: covers the host, the type and AWS’s own headers, and no other', async () => {
  const headers = {
    'X-Amz-Own': 'a  b',
    'x-team': 'search',
    Authorization: 'Bearer other',
    'x-amz-date': 'old',
  }
  const arrived = await sent(requestOf({ headers }))
  expect(arrived.headers.authorization).toContain(
    'SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-own,',
  )
  expect(arrived.headers['x-team']).toBe('search')
  const { came, made } = signatures(arrived, SECRET)
  expect(made).toBe(came)
})

it('is made anew for each moment', async () => {
  const first = await sent(requestOf())
  const second = await sent(requestOf(), IDENTITY, NOW + 61_000)
  expect([first, second].map(({ headers }) => headers['x-amz-date'])).toEqual([
    '20261128T043000Z',
    '20261128T043101Z',
  ])
  expect(second.headers.authorization).not.toBe(first.headers.authorization)
})
