/** Bad input: each kind gets a clear typed error before anything is sent. */
import { createHoldfast, type GenerateRequest, HoldfastError } from '../../src/client'
import { ConfigError, parseConfig } from '../../src/config'
import type { JsonObject } from '../../src/domain/request/json'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const MIB = 1024 * 1024

const circular: { [key: string]: JsonObject } = {}
circular.self = circular

const deep = (levels: number): { [key: string]: JsonObject } => {
  let inner: { [key: string]: JsonObject } = {}
  for (let level = 0; level < levels; level += 1) inner = { inner }
  return inner
}

describe('bad input', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      config: (url) => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default: { candidates: [alpha/model-a] }
  racing: { candidates: [alpha/model-a, beta/model-b], strategy: race }
`,
    })
  })
  afterAll(() => stack.close())

  const text = (bytes: number): string => 'x'.repeat(bytes)

  it.each<[string, GenerateRequest, RegExp]>([
    ['an unknown route', { route: 'defualt', prompt: 'hi' }, /defualt.*did you mean "default"/],
    ['an unknown provider', { route: 'alhpa/model-a', prompt: 'hi' }, /alhpa.*did you mean "alpha"/],
    ['no messages', { messages: [] }, /messages: at least one message/],
    ['only a system message', { messages: [{ role: 'system', content: 'Be brief' }] }, /beside the system/],
    ['an empty prompt', { prompt: '  ' }, /prompt is empty/],
    ['prompt and messages both', { prompt: 'a', messages: [{ role: 'user', content: 'b' }] }, /either/],
    ['an empty idempotency key', { prompt: 'hi', idempotencyKey: '' }, /idempotency key is empty/],
    ['a temperature out of range', { prompt: 'hi', params: { temperature: 9 } }, /params\.temperature/],
    ['an unknown field', { prompt: 'hi', temprature: 1 } as GenerateRequest, /temprature/],
    ['no request at all', undefined as never, /request: .*object/],
    ['a route that is no text', { route: 5, prompt: 'hi' } as never, /route: .*string/],
    ['a prompt that is no text', { prompt: 5 } as never, /prompt: .*string/],
    ['a key that is no text', { prompt: 'hi', idempotencyKey: 5 } as never, /idempotencyKey: .*string/],
    ['a signal that is none', { prompt: 'hi', signal: {} } as never, /signal: an AbortSignal/],
    ['tools that are no list', { prompt: 'hi', tools: { a: 1 } } as never, /tools: .*array/],
    [
      'options that hold themselves',
      { prompt: 'hi', params: { providerOptions: circular } },
      /not JSON|nested more than 100 levels/,
    ],
    [
      'options of endless depth',
      { prompt: 'hi', params: { providerOptions: deep(20_000) } },
      /not JSON|nested more than 100 levels/,
    ],
    ['a target longer than any', { route: `alpha/${text(300)}`, prompt: 'hi' }, /at most 255/],
    [
      'an override beyond the route',
      { prompt: 'hi', override: { candidates: ['beta/model-b'] } },
      /beta\/model-b/,
    ],
    ['a 3 MiB prompt', { prompt: text(3 * MIB) }, /bytes, the most is/],
    [
      'a prompt too large for all that start at once',
      { route: 'racing', prompt: text(1.7 * MIB) },
      /2 candidates start at once/,
    ],
  ])('%s is refused before anything is sent to Temporal or a provider', async (_name, request, message) => {
    const error = await holdfastError(stack.holdfast.start(request))
    expect(error).toMatchObject({
      kind: 'invalid_request',
      accepted: false,
      generationId: null,
      attempts: [],
    })
    expect(error.message).toMatch(message)
    expect(stack.simulator.calls()).toEqual([])
  })

  it.each(['result', 'cancel', 'attempts'] as const)(
    '%s with an empty id is an invalid request',
    async (call) => {
      const error = await holdfastError(stack.holdfast[call](''))
      expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
    },
  )

  it('a prompt just under the limit is answered', async () => {
    const { text: answer } = await stack.holdfast.generate({ prompt: text(1.8 * MIB) })
    expect(answer).not.toBe('')
  })

  it('an unknown config key names file, line, column and the nearest known key', () => {
    const broken = 'providers: {}\nroutes:\n  default:\n    candidats: [a/b]\n'
    expect(() => parseConfig(broken, 'holdfast.yaml')).toThrow(ConfigError)
    expect(() => parseConfig(broken, 'holdfast.yaml')).toThrow(/holdfast\.yaml:4:5.*candidats.*candidates/s)
  })

  it('a Temporal server that is not there is an error within 3 s, and nothing was accepted', async () => {
    const lonely = await createHoldfast({
      config: parseConfig(
        'providers: {a: {api: openai-chat, baseUrl: "http://127.0.0.1:9/v1"}}\nroutes: {default: {candidates: [a/b]}}',
      ),
      env: { TEMPORAL_ADDRESS: '127.0.0.1:9' },
    })
    const error = await holdfastError(lonely.generate({ prompt: 'hi' }))
    expect(error).toMatchObject({ kind: 'unavailable', accepted: false })
    expect(error.message).toContain('holdfast up')
    expect(error).toBeInstanceOf(HoldfastError)
    await lonely.close()
  })
})
