/** Rows of the fault table that take more than one request: a hold, and an old answer in place of an error. */
import { gatewayOver, type TestGateway } from './helpers/gateway'
import { type Stack, startStack } from './helpers/stack'

const config = (url: string): string => `
providers:
  revoked: { api: openai-chat, baseUrl: ${url}/revoked/v1, auth: none }
  gone: { api: openai-chat, baseUrl: ${url}/gone/v1, auth: none }
  spare: { api: anthropic-messages, baseUrl: ${url}/spare/v1, auth: none }
cache: { store: memory }
defaults: { retry: { initialInterval: 20ms } }
routes:
  unauthorized: { candidates: [revoked/m, spare/m] }
  model_not_found: { candidates: [gone/m, spare/m] }
  kept: { candidates: [spare/old], circuit: false, cache: { ttl: 1ms, staleIfError: 1h } }
`

describe('the fault table, from one request to the next', () => {
  let stack: Stack
  let gateway: TestGateway
  beforeAll(async () => {
    stack = await startStack({ config })
    gateway = await gatewayOver(stack, config)
  })
  afterAll(async () => {
    await gateway.close()
    await stack.close()
  })

  const ask = (model: string, content: string, stream = false) =>
    gateway.post('/v1/chat/completions', { model, stream, messages: [{ role: 'user', content }] })

  it.each([
    ['401', 'unauthorized', 'revoked'],
    ['404', 'model_not_found', 'gone'],
  ] as const)(
    '%s at one provider: the fallback answers, and it is called once',
    async (_status, fault, provider) => {
      stack.simulator.script(provider, [{ fault }])
      for (const stream of [false, true, false]) {
        const response = await ask(fault, `${fault} ${stream}`, stream)
        expect(response.status).toBe(200)
        expect(await response.text()).toContain('spare/m')
      }
      expect(stack.simulator.calls({ provider })).toHaveLength(1)
    },
  )

  it.each([false, true])(
    'all down, with an old answer: that, and it says so (streamed: %s)',
    async (stream) => {
      const content = `kept ${stream}`
      stack.simulator.script('spare/old', [{ answer: 'said before', times: 1 }, { fault: 'overloaded' }])
      await (await ask('kept', content)).text()
      const response = await ask('kept', content, stream)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('said before')
      expect(response.headers.get('x-holdfast-cache')).toBe('stale')
    },
  )
})
