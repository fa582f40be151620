/**
 * What real providers send, through gateway, worker and socket. A row is a model of a scripted provider, and a route of its
 * own with a second candidate that answers well. What the decoders alone can show stands in `test/formats/outbound/wire-format-cases`.
 */

import { chat, chunk, DONE, sse, typed } from '../formats/outbound/cases/types'
import { gatewayOver, jsonOf, parseEvents, type TestGateway } from '../helpers/gateway'
import { type Scripted, type ScriptedProvider, startScriptedProvider } from '../helpers/scripted-provider'
import { type Stack, startStack } from '../helpers/stack'

const GOOD = 'from the spare'
const stop = chunk({}, 'stop')

/** `whole`: not streamed. `upstream`: not streamed, but the route streams from the provider. */
type Ask = 'stream' | 'whole' | 'upstream'

interface Row extends Scripted {
  name: string
  source: string
  api?: 'a'
  ask: Ask
  /** What the caller has in the end, each word once; `error`: the end of the stream says that it failed. */
  text?: string
  error?: true
  finish?: string
  /** Calls to the first candidate. Default 1. */
  calls?: number
  timeouts?: string
}

const PINGS = Array.from({ length: 12 }, () => [typed({ type: 'ping' }), 60]).flat()

const ROWS: readonly Row[] = [
  {
    name: 'a finish reason that means failure',
    source: "DeepSeek's API reference",
    ask: 'upstream',
    parts: [sse(chunk({ content: 'Half an' }), chunk({}, 'insufficient_system_resource'), DONE)],
    text: GOOD,
    calls: 2,
  },
  {
    name: 'a finish reason that means failure, whole',
    source: 'promptfoo#9905',
    ask: 'whole',
    contentType: 'application/json',
    parts: [JSON.stringify(chat({ content: 'Half an' }, 'network_error'))],
    text: GOOD,
    calls: 2,
  },
  {
    name: 'an event that can not be read, behind words that the caller has',
    source: 'zai-org/GLM-5#66',
    ask: 'stream',
    parts: [
      sse(chunk({ content: 'Take 1' })),
      50,
      'data: {"choi\n\n',
      sse(chunk({ content: ' g' }), stop, DONE),
    ],
    error: true,
    calls: 2,
  },
  {
    name: 'an event that can not be read',
    source: 'SamSaffron/term-llm#448',
    ask: 'upstream',
    parts: [sse(chunk({ content: 'Take 1' })), 'data: {"choi\n\n', sse(chunk({ content: ' g' }), stop, DONE)],
    text: GOOD,
    calls: 2,
  },
  {
    name: 'bytes that are no UTF-8',
    source: 'a proxy that cuts characters',
    ask: 'upstream',
    parts: [Buffer.from(sse(chunk({ content: 'Gr\u00fc\u00dfe' })), 'latin1'), sse(stop, DONE)],
    text: GOOD,
    calls: 2,
  },
  {
    name: 'an error in its own field, then [DONE]',
    source: 'ggml-org/llama.cpp#16109',
    ask: 'stream',
    parts: ['error: {"code":400,"message":"the request exceeds the available context size"}\n\n', DONE],
    text: GOOD,
  },
  {
    name: 'a flat error behind words that the caller has',
    source: 'lm-sys/FastChat#1475',
    ask: 'stream',
    parts: [
      sse(chunk({ content: 'Half an' })),
      50,
      sse({ object: 'error', message: 'busy', code: 50001 }, DONE),
    ],
    error: true,
    calls: 2,
  },
  {
    name: 'a finish reason with every chunk, over more than a second',
    source: 'BerriAI/litellm#2195',
    ask: 'stream',
    parts: [sse(chunk({ content: 'one ' }, 'stop')), 1_200, sse(chunk({ content: 'two' }, 'stop'), DONE)],
    text: 'one two',
    finish: 'stop',
  },
  {
    name: 'a last chunk that is the whole message again',
    source: 'abundantbeing/hermes-browser-extension#11',
    ask: 'stream',
    parts: [
      sse(chunk({ content: 'Well ' })),
      20,
      sse(chunk({ content: 'done.' }), chat({ content: 'Well done.' }), DONE),
    ],
    text: 'Well done.',
  },
  {
    name: 'half an emoji in each of two deltas',
    source: 'elizaOS/eliza#30904',
    ask: 'stream',
    parts: [
      'data: {"choices":[{"index":0,"delta":{"content":"go \\ud83d"}}]}\n\n',
      60,
      'data: {"choices":[{"index":0,"delta":{"content":"\\udea2!"}}]}\n\n',
      sse(stop, DONE),
    ],
    text: 'go 🚢!',
  },
  ...(['text/plain', 'application/json', 'application/octet-stream', null] as const).map(
    (contentType): Row => ({
      name: `an event stream sent as ${contentType}`,
      source: '54xzh/FLIT#71; microsoft/foundry-dev-tools#195',
      ask: 'stream',
      contentType,
      parts: ['\n', 20, sse(chunk({ content: 'Hi' }), stop, DONE)],
      text: 'Hi',
    }),
  ),
  {
    name: 'lines of JSON where a stream was requested',
    source: 'a server of application/x-ndjson',
    ask: 'stream',
    contentType: 'application/x-ndjson',
    parts: [[chunk({ content: 'Hi' }), stop].map((one) => JSON.stringify(one)).join('\n')],
    text: 'Hi',
  },
  {
    name: 'a stream that was not called for',
    source: 'diegosouzapw/OmniRoute#6740',
    ask: 'whole',
    parts: [sse(chunk({ content: 'Hi' }), stop, DONE)],
    text: 'Hi',
  },
  {
    name: 'a JSON body as an event stream',
    source: 'Wei-Shaw/sub2api#1311',
    ask: 'stream',
    parts: [JSON.stringify(chat({ content: 'Hi' }))],
    text: 'Hi',
  },
  {
    name: 'a body without its end, sent as an event stream',
    source: 'a reset in the middle',
    ask: 'stream',
    parts: [JSON.stringify(chat({ content: 'Hi' })).slice(0, -9)],
    text: GOOD,
    calls: 2,
  },
  {
    name: 'events without blank lines between them',
    source: 'rexxars/eventsource-parser#31',
    ask: 'stream',
    parts: [sse(chunk({ content: 'Hi' }), stop, DONE).replace(/\n\n/g, '\n')],
    text: 'Hi',
  },
  {
    name: 'pings alone, longer than the idle limit, before the words go on',
    source: 'anthropics/claude-code#55681; BerriAI/litellm#36024',
    api: 'a',
    ask: 'stream',
    timeouts: 'idle: 400ms',
    parts: [
      typed(
        { type: 'message_start', message: { id: 'm', model: 'm' } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Let me ' } },
      ),
      ...PINGS,
      typed(
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'see.' } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        { type: 'message_stop' },
      ),
    ],
    text: 'Let me see.',
  },
  {
    name: 'a tool call that the token limit cuts',
    source: 'NousResearch/hermes-agent#93156',
    ask: 'stream',
    parts: [
      sse(
        chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'w', arguments: '{"city":"Be' } }] }),
        chunk({}, 'length'),
        DONE,
      ),
    ],
    text: '',
    finish: 'length',
  },
]

const modelOf = (row: Row): string => `row-${ROWS.indexOf(row)}`

const config = (url: string): string => `
providers:
  c: { api: openai-chat, baseUrl: ${url}/v1, auth: none }
  a: { api: anthropic-messages, baseUrl: ${url}/v1, auth: none }
  spare: { api: openai-chat, baseUrl: ${url}/spare, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 10ms, jitter: none } }
routes:
${ROWS.map(
  (row) => `  ${modelOf(row)}:
    candidates: [${row.api ?? 'c'}/${modelOf(row)}, spare/good]
    upstream: ${row.ask === 'upstream' ? 'stream' : 'as-caller'}
    timeouts: { ${row.timeouts ?? ''} }`,
).join('\n')}
`

const good = (stream: boolean): Scripted =>
  stream
    ? { parts: [sse(chunk({ content: GOOD }), stop, DONE)] }
    : { contentType: 'application/json', parts: [JSON.stringify(chat({ content: GOOD }))] }

let provider: ScriptedProvider
let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  const byModel = new Map(ROWS.map((row) => [modelOf(row), row]))
  provider = await startScriptedProvider((model, body) => byModel.get(model) ?? good(body.stream === true))
  stack = await startStack({ config: () => config(provider.url), delivery: true })
  gateway = await gatewayOver(stack, () => config(provider.url))
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
  await provider.close()
})

interface Answered {
  text: string
  finish: string | null
  error: boolean
}

interface Choice {
  delta?: { content?: string | null }
  message?: { content?: string | null }
  finish_reason?: string | null
}

async function ask(row: Row): Promise<Answered> {
  const response = await gateway.post('/v1/chat/completions', {
    model: modelOf(row),
    messages: [{ role: 'user', content: 'hi' }],
    ...(row.ask === 'stream' ? { stream: true } : {}),
  })
  const objects: { choices?: Choice[]; error?: object }[] =
    row.ask === 'stream'
      ? parseEvents(await response.text()).flatMap(({ data }) =>
          data === undefined || data === '[DONE]' ? [] : [JSON.parse(data)],
        )
      : [await jsonOf(response)]
  const choices = objects.flatMap((one) => one.choices ?? [])
  return {
    text: choices.map((one) => (one.delta ?? one.message)?.content ?? '').join(''),
    finish: choices.findLast((one) => one.finish_reason)?.finish_reason ?? null,
    error: objects.some((one) => one.error !== undefined),
  }
}

it.concurrent.each(ROWS.map((row) => [row.name, row.ask, row.source, row] as const))(
  '%s, requested as %s [%s]',
  async (_name, _ask, _source, row) => {
    const answered = await ask(row)
    expect(answered.error).toBe(row.error === true)
    if (row.text !== undefined) expect(answered.text).toBe(row.text)
    if (row.finish !== undefined) expect(answered.finish).toBe(row.finish)
    // Half an answer never ends as a whole one does.
    if (row.error) expect(answered.finish).toBeNull()
    expect(provider.calls(modelOf(row))).toHaveLength(row.calls ?? 1)
  },
)
