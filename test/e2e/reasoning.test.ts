/**
 * Sealed thoughts through tool loops, by the official clients. The simulated providers take no thought back but their own, of
 * the same model and key.
 */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Generation, Message } from '../../src/client'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string) => `
providers:
  claude: { api: anthropic-messages, baseUrl: ${url}/claude/v1, auth: none }
  gpt: { api: openai-responses, baseUrl: ${url}/gpt/v1, auth: none }
models:
  claude/claude-sonnet-4-5: { prefill: false }
  claude/claude-haiku-4-5: { prefill: false }
defaults: { retry: { maximumAttempts: 1 } }
routes:
  claude: { candidates: [claude/claude-sonnet-4-5] }
  haiku: { candidates: [claude/claude-haiku-4-5] }
  gpt: { candidates: [gpt/gpt-6.1-sol] }
  both: { candidates: [claude/claude-sonnet-4-5, gpt/gpt-6.1-sol] }
  kept: { candidates: [claude/claude-sonnet-4-5], cache: { ttl: 1h } }
`

/** What JSON writers like to change. */
const HARD = 'Rome: 20°, "sunny"? \u2028 /path \\ ünïcödé 😀 <b>&amp;</b>\n\tso look.'
const ROUND = { thoughts: [HARD], answer: 'Let me look.', toolCalls: [{ name: 'weather', id: 'call_1' }] }
const SECOND = { thoughts: ['One more.'], toolCalls: [{ name: 'weather', id: 'call_2' }] }
const parameters = { type: 'object', properties: {} } as const

let stack: Stack
let gateway: TestGateway
let anthropic: Anthropic
let openai: OpenAI
beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

/** The body of the last call to a provider. */
const lastBody = <T>(provider: string): T => stack.simulator.calls({ provider }).at(-1)?.body as T

type Block = { type: string; [field: string]: unknown }
type ClaudeBody = { messages: { role: string; content: string | Block[] }[] }
type GptBody = { input: Block[] }

const thoughtsSent = (): Block[] =>
  lastBody<ClaudeBody>('claude').messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.filter(({ type }) => /thinking/.test(type)),
  )
const itemsSent = (): Block[] => lastBody<GptBody>('gpt').input.filter(({ type }) => type === 'reasoning')

describe('the official client of Anthropic', () => {
  const asked: Anthropic.MessageParam = { role: 'user', content: 'Weather?' }
  const ask = async (model: string, messages: Anthropic.MessageParam[], stream: boolean) => {
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: 4_000,
      messages,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      tools: [{ name: 'weather', input_schema: parameters }],
    }
    return stream ? anthropic.messages.stream(body).finalMessage() : anthropic.messages.create(body)
  }
  const result = (id: string): Anthropic.MessageParam => ({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: id, content: 'sunny' }],
  })

  it.each([false, true])(
    'has thoughts back at their maker through two rounds; streamed: %s',
    async (streamed) => {
      stack.simulator.script('claude', [
        { ...ROUND, times: 1 },
        { ...SECOND, times: 1 },
        { answer: 'Sunny.' },
      ])
      const first = await ask('claude', [asked], streamed)
      expect(first.content).toMatchObject([
        { type: 'thinking', thinking: HARD, signature: expect.stringMatching(/^holdfast\.1\./) },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool_use', id: 'call_1' },
      ])
      const history = [asked, { role: 'assistant' as const, content: first.content }, result('call_1')]
      const second = await ask('claude', history, streamed)
      expect(second.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use'])
      expect(thoughtsSent()).toEqual([
        { type: 'thinking', thinking: HARD, signature: expect.stringMatching(/^sim/) },
      ])
      const more = [...history, { role: 'assistant' as const, content: second.content }, result('call_2')]
      const last = await ask('claude', more, streamed)
      expect(last.content).toMatchObject([{ type: 'text', text: 'Sunny.' }])
      expect(thoughtsSent().map(({ thinking }) => thinking)).toEqual([HARD, 'One more.'])
      expect(stack.simulator.calls()).toHaveLength(3)
    },
  )

  it.each([false, true])(
    'carries those of another API, and returns them there; streamed: %s',
    async (streamed) => {
      stack.simulator.script('gpt', [{ ...ROUND, times: 1 }, { answer: 'Sunny.' }])
      const first = await ask('gpt', [asked], streamed)
      expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use'])
      await ask('gpt', [asked, { role: 'assistant', content: first.content }, result('call_1')], streamed)
      expect(itemsSent()).toMatchObject([{ summary: [{ type: 'summary_text', text: HARD }] }])
      expect(lastBody<GptBody>('gpt').input.map(({ type, role }) => type ?? role)).toEqual([
        'user',
        'reasoning',
        'assistant',
        'function_call',
        'function_call_output',
      ])
    },
  )

  it.each([false, true])(
    'keeps thoughts between two calls in their place; streamed: %s',
    async (streamed) => {
      const calls = [
        { name: 'weather', id: 'call_1' },
        { name: 'weather', id: 'call_2' },
      ]
      stack.simulator.script('claude', [
        { thoughts: ['First.', 'Then.'], answer: 'Both.', toolCalls: calls, times: 1 },
        { answer: 'Sunny.' },
      ])
      const first = await ask('claude', [asked], streamed)
      const order = ['thinking', 'text', 'tool_use', 'thinking', 'tool_use']
      expect(first.content.map(({ type }) => type)).toEqual(order)
      const results = [...(result('call_1').content as []), ...(result('call_2').content as [])]
      await ask(
        'claude',
        [asked, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
        streamed,
      )
      const { content = [] } = lastBody<ClaudeBody>('claude').messages[1] ?? {}
      expect((content as Block[]).map(({ type }) => type)).toEqual(order)
    },
  )

  it('those of a call that was cut are taken back where another one gives the answer', async () => {
    stack.simulator.script('claude', [{ ...ROUND, answer: 'One two three.', cut: { after: 2 }, times: 1 }])
    stack.simulator.script('gpt', [{ ...ROUND, thoughts: ['Mine.'], answer: 'One two three.' }])
    const first = await ask('both', [asked], true)
    expect(first.content.map(({ type }) => type)).toEqual([
      'thinking',
      'text',
      'redacted_thinking',
      'thinking',
      'tool_use',
    ])
    stack.simulator.script('claude', [{ answer: 'Sunny.' }])
    const history = [asked, { role: 'assistant' as const, content: first.content }, result('call_1')]
    await ask('claude', history, false)
    expect(thoughtsSent()).toEqual([])
    stack.simulator.script('gpt', [{ answer: 'Sunny.' }])
    await ask('gpt', history, false)
    expect(itemsSent()).toMatchObject([{ summary: [{ text: 'Mine.' }] }])
  })
})

describe('the official client of OpenAI', () => {
  const tool = { type: 'function', name: 'weather', parameters, strict: false } as const
  const ask = async (model: string, input: OpenAI.Responses.ResponseInput, stream: boolean) => {
    const body = {
      model,
      input,
      tools: [tool],
      store: false,
      include: ['reasoning.encrypted_content' as const],
    }
    return stream ? openai.responses.stream(body).finalResponse() : openai.responses.create(body)
  }
  const asked = { role: 'user' as const, content: 'Weather?' }
  const result = (call_id: string) => ({ type: 'function_call_output' as const, call_id, output: 'sunny' })

  it.each([false, true])(
    'has thoughts back at their maker through two rounds; streamed: %s',
    async (streamed) => {
      stack.simulator.script('gpt', [{ ...ROUND, times: 1 }, { ...SECOND, times: 1 }, { answer: 'Sunny.' }])
      const first = await ask('gpt', [asked], streamed)
      expect(first.output).toMatchObject([
        {
          type: 'reasoning',
          summary: [{ text: HARD }],
          encrypted_content: expect.stringMatching(/^holdfast/),
        },
        { type: 'message' },
        { type: 'function_call', call_id: 'call_1' },
      ])
      const history = [asked, ...first.output, result('call_1')] as OpenAI.Responses.ResponseInput
      const second = await ask('gpt', history, streamed)
      expect(itemsSent()).toEqual([
        {
          type: 'reasoning',
          id: expect.stringMatching(/^rs_resp_sim/),
          summary: [{ type: 'summary_text', text: HARD }],
          encrypted_content: expect.stringMatching(/^sim/),
        },
      ])
      await ask('gpt', [...history, ...second.output, result('call_2')] as never, streamed)
      expect(itemsSent().map(({ summary }) => (summary as Block[])[0]?.text)).toEqual([HARD, 'One more.'])
      expect(stack.simulator.calls()).toHaveLength(3)
    },
  )

  it('has them in a response in the background, whole, for every reader that begins behind an event', async () => {
    const calls = [{ name: 'weather', id: 'call_1' }]
    stack.simulator.script('gpt', [{ thoughts: [HARD], answer: 'One two three.', toolCalls: calls }])
    const body = { model: 'gpt', input: 'Weather?', tools: [tool], background: true, stream: true as const }
    const all: { sequence_number: number; response?: { output: object[] } }[] = []
    let id = ''
    for await (const event of await openai.responses.create(body)) {
      all.push(event as never)
      if (event.type === 'response.created') id = event.response.id
    }
    await until('it has ended', async () => (await openai.responses.retrieve(id)).status === 'completed')
    const { output } = await openai.responses.retrieve(id)
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call'])
    expect(all.at(-1)?.response?.output).toEqual(output)
    for (let at = 0; at < all.length - 1; at += 5) {
      const rest: number[] = []
      let last: object[] | undefined
      const starting_after = all[at]?.sequence_number ?? 0
      for await (const event of await openai.responses.retrieve(id, { stream: true, starting_after })) {
        rest.push(event.sequence_number)
        if (event.type === 'response.completed') last = event.response.output
      }
      expect(rest).toEqual(all.slice(at + 1).map(({ sequence_number }) => sequence_number))
      expect(last).toEqual(output)
    }
  })

  it.each([false, true])(
    'carries them in chat completions as reasoning_details; streamed: %s',
    async (streamed) => {
      stack.simulator.script('gpt', [{ ...ROUND, times: 1 }, { answer: 'Sunny.' }])
      const tools = [{ type: 'function', function: { name: 'weather', parameters } } as const]
      const body = { model: 'gpt', messages: [asked], tools }
      let message: OpenAI.ChatCompletionMessageParam
      if (streamed) {
        const details: unknown[] = []
        const stream = openai.chat.completions.stream({ ...body, stream: true })
        stream.on('chunk', ({ choices }) => {
          const delta = choices[0]?.delta as { reasoning_details?: unknown[] } | undefined
          details.push(...(delta?.reasoning_details ?? []))
        })
        message = { ...(await stream.finalMessage()), reasoning_details: details } as never
      } else message = (await openai.chat.completions.create(body)).choices[0]?.message as never
      await openai.chat.completions.create({
        ...body,
        messages: [asked, message, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }],
      })
      expect(itemsSent()).toMatchObject([{ summary: [{ text: HARD }] }])
    },
  )
})

describe('from backend code', () => {
  const asked: Message = { role: 'user', content: 'Weather?' }
  const tools = [{ name: 'weather', parameters }]
  const params = { thinking: { type: 'enabled', budget_tokens: 2_000 }, maxTokens: 4_000 }
  const ask = (route: string, messages: Message[]) =>
    stack.holdfast.generate({ route, messages, tools, params })
  const said = ({ text, toolCalls, opaque }: Generation): Message[] => [
    { role: 'assistant', content: text, toolCalls, opaque },
    ...toolCalls.map(({ id }): Message => ({ role: 'tool', toolCallId: id, content: 'sunny' })),
  ]

  it('another provider gets no thoughts of the first one, nor its other model, and the answer says so', async () => {
    stack.simulator.script('claude', [
      { ...ROUND, times: 1 },
      { status: 503, times: 1 },
      { answer: 'Sunny.' },
    ])
    const first = await ask('both', [asked])
    expect(first.opaque).toMatchObject([
      { api: 'anthropic-messages', maker: { provider: 'claude', model: 'claude-sonnet-4-5' } },
    ])
    const history = [asked, ...said(first)]
    const second = await ask('both', history)
    expect(second).toMatchObject({ target: 'gpt/gpt-6.1-sol', leftOut: expect.arrayContaining(['opaque']) })
    expect(JSON.stringify(lastBody('gpt'))).not.toContain('20°')
    const third = await ask('haiku', history)
    expect(third).toMatchObject({ text: 'Sunny.', leftOut: expect.arrayContaining(['opaque']) })
    expect(thoughtsSent()).toEqual([])
    expect((await ask('claude', history)).leftOut ?? []).not.toContain('opaque')
    expect(thoughtsSent()).toMatchObject([{ thinking: HARD }])
  })

  it('a maker that no longer takes its own is called once more without them', async () => {
    stack.simulator.script('claude', [
      { ...ROUND, times: 1 },
      { status: 400, message: 'messages.1.content.0: Invalid `signature` in `thinking` block', times: 1 },
      { answer: 'Sunny.' },
    ])
    const first = await ask('claude', [asked])
    const second = await ask('claude', [asked, ...said(first)])
    expect(second).toMatchObject({ text: 'Sunny.', leftOut: expect.arrayContaining(['opaque']) })
    expect(second.attempts.map(({ failure }) => failure?.code)).toEqual(['opaque_refused', undefined])
    expect(thoughtsSent()).toEqual([])
  })

  it('an answer from the cache has them too', async () => {
    stack.simulator.script('claude', [ROUND])
    const [first, second] = [await ask('kept', [asked]), await ask('kept', [asked])]
    expect(second.served).toBe('cache')
    expect(second.opaque).toEqual(first.opaque)
  })
})
