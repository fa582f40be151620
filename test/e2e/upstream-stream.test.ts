/** `upstream: stream`: answers read as a stream from the provider, in every wire format, whatever befalls the stream. */
import type { GenerateRequest, Generation } from '../../src/client'
import { APIS, type Api } from '../../src/formats/outbound/wire-format'
import { type StepInput, wordsText } from '../../src/simulator'
import { type Stack, startStack } from '../helpers/stack'

const WORDS = 60
const WHOLE = wordsText(WORDS)
const PROVIDERS = Object.fromEntries(APIS.map((api) => [api, api.replace('-', '')])) as {
  [api: string]: string
}

/** By what runs out. Only that one is short: a busy machine must not run into another. */
const IMPATIENT: { [how: string]: string } = {
  nothing: '',
  idle: 'idle: 400ms',
  first_token: 'firstToken: 400ms',
  headers: 'firstToken: 400ms',
  // It is the longest of them everywhere.
  attempt: 'attempt: 2s, firstToken: 2s, idle: 2s',
}
const routeOf = (api: string, how = 'nothing'): string => `${api}-${how.replace('_', '-')}`

const config = (url: string): string => `
providers:
${APIS.map((api) => `  ${PROVIDERS[api]}: { api: ${api}, baseUrl: ${url}/${PROVIDERS[api]}/v1, auth: none }`).join('\n')}
  spare: { api: openai-chat, baseUrl: ${url}/spare/v1, auth: none }
defaults:
  upstream: stream
  circuit: false
  timeouts: { attempt: 20s, firstToken: 15s, idle: 15s }
  retry: { maximumAttempts: 1 }
routes:
${APIS.flatMap((api) =>
  Object.entries(IMPATIENT).map(
    ([how, timeouts]) =>
      `  ${routeOf(api, how)}: { candidates: [${PROVIDERS[api]}/model, spare/model], timeouts: { ${timeouts} } }`,
  ),
).join('\n')}
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config })
})
afterAll(() => stack.close())
beforeEach(() => {
  stack.simulator.reset()
  stack.simulator.script('spare', [{ answer: 'from the spare' }])
})

const providerOf = (api: Api): string => PROVIDERS[api] ?? ''

/** Asks in every wire format at once; what `read` makes of each result is what it must be for each. */
async function inEachFormat<T>(
  step: StepInput,
  read: (result: Generation, api: Api) => T,
  request: Partial<GenerateRequest<undefined>> = {},
  runsOut?: string,
): Promise<{ [api: string]: T }> {
  const requests = APIS.map(async (api) => {
    stack.simulator.script(providerOf(api), [step])
    const result = await stack.holdfast.generate({
      prompt: 'go on',
      ...request,
      route: routeOf(api, runsOut),
    } as never)
    return [api, read(result, api)] as const
  })
  return Object.fromEntries(await Promise.all(requests))
}

const each = <T>(what: (api: Api) => T): { [api: string]: T } =>
  Object.fromEntries(APIS.map((api) => [api, what(api)]))

const callsTo = (api: Api) => stack.simulator.calls({ provider: providerOf(api) })

describe('an answer, streamed in every wire format,', () => {
  it.each<[string, Exclude<StepInput, string>]>([
    ['as it should be', {}],
    ['in gzip', { cosmetics: ['gzip'] }],
    ['in odd chunks', { cosmetics: ['odd_chunks'] }],
    ['with characters split across chunks', { cosmetics: ['split_utf8'] }],
    ['with CRLF', { cosmetics: ['crlf'] }],
    ['with comments and pings', { cosmetics: ['comments', 'pings'] }],
    ['with all of these', { cosmetics: ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] }],
    ['without an end marker', { noDone: true }],
    ['without an end marker, on a socket that stays open', { noDone: 'open' }],
  ])('%s gives the whole text, and was requested as a stream', async (_name, step) => {
    const seen = await inEachFormat(
      { ...step, words: WORDS },
      ({ text, target, usage, finishReason }, api) => ({
        text,
        target,
        finish: finishReason.unified,
        counted: (usage?.outputTokens ?? 0) > 0,
        streamed: callsTo(api).map(({ stream }) => stream),
      }),
    )
    expect(seen).toEqual(
      each((api) => ({
        text: WHOLE,
        target: `${providerOf(api)}/model`,
        finish: 'stop',
        // Bedrock counts in the event that ends its stream, and nowhere else.
        counted: api !== 'bedrock' || step.noDone === undefined,
        streamed: [true],
      })),
    )
  })

  it.each<[string, StepInput, string[], string | undefined]>([
    // Where a connection breaks, one end may see the reset first, the other of the missing bytes.
    ['cut by a reset', { cut: { after: 40, how: 'reset' } }, ['bad_response', 'connection'], undefined],
    ['cut by a clean end', { cut: { after: 40, how: 'end' } }, ['bad_response', 'connection'], undefined],
    [
      'cut in the middle of a chunk',
      { cut: { after: 40, how: 'truncated_chunk' } },
      ['bad_response', 'connection'],
      undefined,
    ],
    ['that stalls', { stall: { after: 10 } }, ['timeout'], 'idle'],
    ['that hangs after its headers', { fault: 'hang_after_headers' }, ['timeout'], 'first_token'],
    ['that never begins', { fault: 'silent' }, ['timeout'], 'headers'],
    ['that drips', { drip: '100ms' }, ['timeout'], 'attempt'],
    ['with an event that can not be read', { malformed: { after: 5 } }, ['bad_response'], undefined],
    ['with an error event in a 200', { errorEvent: { after: 5 } }, ['overloaded', 'server_error'], undefined],
  ])('%s is no answer: the fallback’s is whole', async (_name, step, classes, phase) => {
    const seen = await inEachFormat(
      step.fault === undefined ? { ...step, words: WORDS } : step,
      ({ text, target, attempts }, api) => {
        const failure = attempts[0]?.failure
        expect(classes).toContain(failure?.class)
        return { text, target, phase: failure?.timeoutPhase, calls: callsTo(api).length }
      },
      {},
      phase,
    )
    expect(seen).toEqual(each(() => ({ text: 'from the spare', target: 'spare/model', phase, calls: 1 })))
  })

  it('has the tool calls that it has when it is not streamed; the completions format knows none, and says so without a call', async () => {
    const call = { name: 'weather', arguments: { city: 'Örebro' } }
    const seen = await inEachFormat(
      { toolCalls: [call] },
      ({ target, toolCalls, attempts }) => ({
        target,
        toolCalls: toolCalls.map(({ name, arguments: given }) => ({ name, arguments: given })),
        failure: attempts[0]?.failure?.class,
      }),
      {
        tools: [
          { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
        ],
      },
    )
    expect(seen).toEqual(
      each((api) =>
        api === 'openai-completions'
          ? { target: 'spare/model', toolCalls: [], failure: 'unsupported' }
          : { target: `${providerOf(api)}/model`, toolCalls: [call], failure: undefined },
      ),
    )
  })
})
