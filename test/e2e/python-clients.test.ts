/** The official Python clients against the gateway's streams, which are silent for long between their events. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Generation, GenerationEvent } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import { answered } from '../formats/inbound/samples'
import { type TestGateway, testGateway } from '../helpers/gateway'
import { INSTALL_JEST_MS, PYTHON_CLIENTS, python } from '../helpers/python'

type Event = GenerationEvent<Generation>

const target = 'alpha/model-a'
const CALL = { id: 'call_1', name: 'weather', arguments: { city: 'Bergen' } }
/** Several pings fit in between. */
const SILENCE_MS = 120
const PING_MS = 25

const result: Generation = {
  ...answered({
    target,
    text: 'Let me see.',
    toolCalls: [CALL],
    finishReason: { unified: 'tool_calls', raw: 'tool_calls' },
    usage: { inputTokens: 3, outputTokens: 4 },
  }),
  output: undefined,
  webUrl: '',
}

/** Silent before, between and after. */
async function* events(): AsyncGenerator<Event> {
  await sleep(SILENCE_MS)
  yield { type: 'text', position: 1, text: 'Let me ', target }
  await sleep(SILENCE_MS)
  yield { type: 'text', position: 2, text: 'see.', target }
  await sleep(SILENCE_MS)
  yield { type: 'toolCall', position: 3, index: 0, toolCall: CALL, target }
  await sleep(SILENCE_MS)
  yield { type: 'done', position: 4, result }
}

let gateway: TestGateway

beforeAll(async () => {
  await PYTHON_CLIENTS.install()
  const open: unknown = async () => ({ id: 'g1', events, result: () => new Promise(() => undefined) })
  gateway = await testGateway({
    clientFor: async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast,
    limits: { holdMs: 30, pingMs: PING_MS },
  })
}, INSTALL_JEST_MS)
afterAll(() => gateway.close())

const body = { model: 'default', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'hi' }] }

it.each([
  ['/v1/chat/completions', /^: ping$/gm],
  ['/v1/messages', /^event: ping\ndata: \{"type":"ping"\}$/gm],
])('%s sends its pings between all events', async (path, ping) => {
  const text = await (await gateway.post(path, body)).text()
  expect(text.match(ping)?.length).toBeGreaterThan(4)
})

const OPENAI = `
import json, os, openai
client = openai.OpenAI(base_url=os.environ["URL"] + "/v1", api_key="none", max_retries=0)
stream = client.chat.completions.create(
    model="default", messages=[{"role": "user", "content": "hi"}], stream=True,
    stream_options={"include_usage": True},
    tools=[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}],
)
text, calls, finish, usage = "", [], None, None
for chunk in stream:
    usage = chunk.usage or usage
    for choice in chunk.choices:
        text += choice.delta.content or ""
        calls += [[c.function.name, json.loads(c.function.arguments)] for c in choice.delta.tool_calls or []]
        finish = choice.finish_reason or finish
print(json.dumps({"text": text, "calls": calls, "finish": finish, "tokens": usage.total_tokens}))
`

const ANTHROPIC = `
import json, os, anthropic
client = anthropic.Anthropic(base_url=os.environ["URL"], api_key="none", max_retries=0)
with client.messages.stream(
    model="default", max_tokens=9, messages=[{"role": "user", "content": "hi"}],
    tools=[{"name": "weather", "input_schema": {"type": "object", "properties": {}}}],
) as stream:
    message = stream.get_final_message()
print(json.dumps({
    "text": "".join(b.text for b in message.content if b.type == "text"),
    "calls": [[b.name, b.input] for b in message.content if b.type == "tool_use"],
    "finish": message.stop_reason, "tokens": message.usage.output_tokens,
}))
`

it.each([
  ['openai', OPENAI, { finish: 'tool_calls', tokens: 7 }],
  ['anthropic', ANTHROPIC, { finish: 'tool_use', tokens: 4 }],
])('the %s client reads a stream with pings and tool calls whole', async (_, program, end) => {
  expect(await python(program, { URL: gateway.url })).toEqual({
    text: 'Let me see.',
    calls: [['weather', { city: 'Bergen' }]],
    ...end,
  })
})
