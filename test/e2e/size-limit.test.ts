/** A cluster whose limit of a payload is smaller than ours: the error names that limit, and no provider counts as failed. */
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { type PlainServer, startPlainServer } from '../helpers/plain-server'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const LIMIT_BYTES = 100_000
const config = (url: string) => twoProviders(url, 'deadline: 8s')

let server: PlainServer
let stack: Stack
let gateway: TestGateway

beforeAll(async () => {
  server = await startPlainServer({
    'limit.blobSize.error': String(LIMIT_BYTES),
    'limit.blobSize.warn': '90000',
  })
  stack = await startStack({ server, config })
  gateway = await gatewayOver(stack, config)
}, 60_000)

afterAll(async () => {
  await gateway?.close()
  await stack?.close()
  await server?.stop()
})

const ask = (text: string, path = '/v1/chat/completions') =>
  gateway.post(path, { model: 'default', max_tokens: 9, messages: [{ role: 'user', content: text }] })

it('a request that the cluster does not take is a 413 of the gateway that names the limit; nothing is called', async () => {
  const response = await ask('x'.repeat(200_000))
  const { error } = await jsonOf<ErrorBody>(response)
  expect([response.status, error.code]).toEqual([413, 'request_too_large'])
  expect(error.message).toMatch(/^The request has 20\d{4} bytes .* the 100000 bytes that the cluster takes/)
  expect(error.holdfast).toMatchObject({ kind: 'invalid_request', accepted: false, attempts: [] })
  expect(stack.simulator.calls()).toEqual([])
  const inAnthropics = await ask('x'.repeat(200_000), '/v1/messages')
  expect(inAnthropics.status).toBe(413)
  expect(await jsonOf(inAnthropics)).toMatchObject({ error: { type: 'request_too_large' } })
})

it('an answer that the cluster could not carry is refused before it is reported: the next candidate answers', async () => {
  stack.simulator.script('alpha', [{ answer: 'y'.repeat(150_000) }])
  stack.simulator.script('beta', [{ answer: 'short' }])
  const { text, attempts } = await stack.holdfast.generate({ prompt: 'how long?' })
  expect(text).toBe('short')
  expect(attempts.map(({ failure }) => failure?.class ?? 'answered')).toEqual([
    'answer_too_large',
    'answered',
  ])
  expect(attempts[0]?.failure?.message).toContain('the most that this cluster can carry is 95000')
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['alpha', 'beta'])
})
