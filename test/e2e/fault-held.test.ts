/** Rows of the fault table that take more than one request: a hold, and an old answer in place of an error. */
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

/** One for each test: a hold lasts. */
const HELD = ['plain-revoked', 'stream-revoked', 'plain-gone', 'stream-gone']

const config = (url: string): string => `
providers:
${HELD.map((name) => `  ${name}: { api: openai-chat, baseUrl: ${url}/${name}/v1, auth: none }`).join('\n')}
  spare: { api: anthropic-messages, baseUrl: ${url}/spare/v1, auth: none }
cache: { store: memory }
defaults: { retry: { initialInterval: 20ms } }
routes:
${HELD.map((name) => `  ${name}: { candidates: [${name}/m, spare/m] }`).join('\n')}
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
    ['401', 'plain', 'unauthorized', 'plain-revoked'],
    ['401', 'stream', 'unauthorized', 'stream-revoked'],
    ['404', 'plain', 'model_not_found', 'plain-gone'],
    ['404', 'stream', 'model_not_found', 'stream-gone'],
  ] as const)(
    '%s at one provider: the fallback answers, and it is called once (first called: %s)',
    async (_status, first, fault, provider) => {
      stack.simulator.script(provider, [{ fault }])
      const streamed = first === 'stream'
      for (const stream of [streamed, !streamed, streamed]) {
        const response = await ask(provider, `go ${stream}`, stream)
        expect(response.status).toBe(200)
        const body = await response.text()
        expect(body).toContain('"model":"spare/m"')
        if (stream) expect(body).toMatch(/data: \[DONE\]\n\n$/)
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
