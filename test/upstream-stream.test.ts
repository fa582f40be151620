/** `upstream: stream`: answers read as a stream from the provider, in every wire format, whatever befalls the stream. */
import { APIS } from '../src/providers/wire-format'
import { type StepInput, wordsText } from '../src/simulator'
import { type Stack, startStack } from './helpers/stack'

const WORDS = 60
const WHOLE = wordsText(WORDS)
const PROVIDERS = Object.fromEntries(APIS.map((api) => [api, api.replace('-', '')])) as {
  [api: string]: string
}

const config = (url: string): string => `
providers:
${APIS.map((api) => `  ${PROVIDERS[api]}: { api: ${api}, baseUrl: ${url}/${PROVIDERS[api]}/v1, auth: none }`).join('\n')}
  spare: { api: openai-chat, baseUrl: ${url}/spare/v1, auth: none }
defaults:
  upstream: stream
  circuit: false
  timeouts: { attempt: 2s, firstToken: 400ms, idle: 400ms }
  retry: { maximumAttempts: 1 }
routes:
${APIS.map((api) => `  ${api}: { candidates: [${PROVIDERS[api]}/model, spare/model] }`).join('\n')}
`

describe.each(APIS)('%s, streamed', (api) => {
  const provider = PROVIDERS[api] ?? ''
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack.close())
  beforeEach(() => {
    stack.simulator.reset()
    stack.simulator.script('spare', [{ answer: 'from the spare' }])
  })

  const ask = (step: StepInput) => {
    stack.simulator.script(provider, [step])
    return stack.holdfast.generate({ route: api, prompt: 'go on' })
  }

  it.each<[string, StepInput]>([
    ['as it should be', {}],
    ['in gzip', { cosmetics: ['gzip'] }],
    ['in odd chunks', { cosmetics: ['odd_chunks'] }],
    ['with characters split across chunks', { cosmetics: ['split_utf8'] }],
    ['with CRLF', { cosmetics: ['crlf'] }],
    ['with comments and pings', { cosmetics: ['comments', 'pings'] }],
    ['with all of these', { cosmetics: ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] }],
    ['with a malformed event', { malformed: { after: 5 } }],
    ['without an end marker', { noDone: true }],
  ])('%s gives the whole text, and was asked for as a stream', async (_name, step) => {
    const { text, target, usage, finishReason } = await ask({ ...step, words: WORDS })
    expect({ text, target }).toEqual({ text: WHOLE, target: `${provider}/model` })
    expect(finishReason.unified).toBe('stop')
    expect(usage?.outputTokens).toBeGreaterThan(0)
    expect(stack.simulator.calls().map(({ stream }) => stream)).toEqual([true])
  })

  it.each<[string, StepInput, string, string | undefined]>([
    ['cut by a reset', { cut: { after: 40, how: 'reset' } }, 'bad_response', undefined],
    ['cut by a clean end', { cut: { after: 40, how: 'end' } }, 'bad_response', undefined],
    [
      'cut in the middle of a chunk',
      { cut: { after: 40, how: 'truncated_chunk' } },
      'bad_response',
      undefined,
    ],
    ['that stalls', { stall: { after: 10 } }, 'timeout', 'idle'],
    ['that hangs after its headers', { fault: 'hang_after_headers' }, 'timeout', 'first_token'],
    ['that never begins', { fault: 'silent' }, 'timeout', 'headers'],
    ['that drips', { drip: '100ms' }, 'timeout', 'attempt'],
    ['with an error event in a 200', { errorEvent: { after: 5 } }, '', undefined],
  ])('%s is no answer: the fallback’s is whole', async (_name, step, failureClass, phase) => {
    const { text, target, attempts } = await ask(step.fault === undefined ? { ...step, words: WORDS } : step)
    expect({ text, target }).toEqual({ text: 'from the spare', target: 'spare/model' })
    const failure = attempts[0]?.failure
    if (failureClass === '') expect(['overloaded', 'server_error']).toContain(failure?.class)
    // Where a connection breaks, one end may hear of the reset first, the other of the missing bytes.
    else if (failureClass === 'bad_response') expect(['bad_response', 'connection']).toContain(failure?.class)
    else expect(failure).toMatchObject({ class: failureClass, timeoutPhase: phase })
    expect(stack.simulator.calls({ provider })).toHaveLength(1)
  })

  it('tool calls and usage come out as when they are not streamed', async () => {
    stack.simulator.script(provider, [{ toolCalls: [{ name: 'weather', arguments: { city: 'Örebro' } }] }])
    const request = {
      route: api,
      prompt: 'Weather?',
      tools: [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }],
    }
    const { target, toolCalls, attempts } = await stack.holdfast.generate(request)
    // The completions format knows no tools, and says so without a call.
    if (api === 'openai-completions') {
      expect({ target, failure: attempts[0]?.failure?.class }).toEqual({
        target: 'spare/model',
        failure: 'unsupported',
      })
      return
    }
    expect(toolCalls).toMatchObject([{ name: 'weather', arguments: { city: 'Örebro' } }])
  })
})
