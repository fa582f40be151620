/** `/v1/circuits`: what `holdfast circuits` does, over HTTP. */
import type { Forced } from '../../src/client/force-circuit'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default: { candidates: [alpha/org/model-a, beta/model-b], retry: { maximumAttempts: 1 } }
`

let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config, { apiKeys: 'acme:k-acme', operateKeys: 'ada:k-ada' })
  await until('the entities run', async () => (await states()).every(([, state]) => state === 'closed'))
}, 60_000)
afterAll(async () => {
  await gateway.close()
  await stack.close()
})

const put = (target: string, body: unknown, key = 'k-ada') =>
  gateway.ask(`/v1/circuits/${target}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })

interface Listed {
  providers: { provider: string; known: boolean; circuits?: { target: string; state: string }[] }[]
}

/** As a tenant reads them. */
async function states(): Promise<[string, string][]> {
  const response = await gateway.ask('/v1/circuits', { headers: { authorization: 'Bearer k-acme' } })
  const { providers } = await jsonOf<Listed & { [field: string]: unknown }>(response)
  return providers.flatMap(({ provider, circuits }): [string, string][] =>
    circuits === undefined ? [[provider, 'unknown']] : circuits.map(({ target, state }) => [target, state]),
  )
}

it('opens, closes and gives back in the words of the command, with slashes encoded or not, and the log says who', async () => {
  const opened = await jsonOf<Forced & { [field: string]: unknown }>(
    await put('alpha/org/model-a', { to: 'open' }),
  )
  expect(opened).toMatchObject({
    circuit: { target: 'alpha/org/model-a', state: 'forced_open' },
    account: { target: 'alpha', state: 'closed' },
    nudged: { problem: null },
  })
  expect(await states()).toContainEqual(['alpha/org/model-a', 'forced_open'])
  expect((await put('alpha', { to: 'close' })).status).toBe(200)
  expect(await states()).toContainEqual(['alpha', 'forced_closed'])
  expect((await put('alpha%2Forg%2Fmodel-a', { to: 'auto' })).status).toBe(200)
  expect((await put('alpha', { to: 'auto' })).status).toBe(200)
  expect((await states()).every(([, state]) => state === 'closed')).toBe(true)
  const [line] = gateway.lines().filter(({ event }) => event === 'circuit_forced')
  expect(line).toMatchObject({ target: 'alpha/org/model-a', to: 'open', operator: 'ada' })
})

it("a tenant's key reads them and changes none; a key to operate with starts no generation", async () => {
  const refused = await put('alpha', { to: 'open' }, 'k-acme')
  expect(refused.status).toBe(403)
  const { error } = await jsonOf<ErrorBody>(refused)
  expect(error).toMatchObject({
    code: 'forbidden_key',
    message: expect.stringContaining('scope operate'),
  })
  expect((await states()).every(([, state]) => state === 'closed')).toBe(true)
  const chat = await gateway.post(
    '/v1/chat/completions',
    { model: 'default', messages: [] },
    { authorization: 'Bearer k-ada' },
  )
  expect(chat.status).toBe(403)
})

it.each([
  ['alpha', { to: 'closed' }],
  ['alpha', { to: 'open', also: 1 }],
  ['alpha', {}],
  ['alpha', []],
  ['gamma', { to: 'open' }],
  ['alpha/', { to: 'open' }],
  ['alpha/other', { to: 'open' }],
  ['__proto__', { to: 'open' }],
  [`alpha/${'x'.repeat(2_000)}`, { to: 'open' }],
])('what names no circuit or no word is a 400, and changes nothing: %#', async (target, body) => {
  expect((await put(target, body)).status).toBe(400)
  expect((await states()).every(([, state]) => state === 'closed')).toBe(true)
})
