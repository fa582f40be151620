/** LangChain's models, and the recorded requests of Claude Code and Codex, run against the gateway, over one stack. */
import { ChatAnthropic } from '@langchain/anthropic'
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import claudeCode from '../fixtures/clients/claude-code.json'
import codex from '../fixtures/clients/codex.json'
import { cutProxy } from '../helpers/cut-proxy'
import { gatewayOver, parseEvents, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/sockets'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const USAGE = { inputTokens: 11, outputTokens: 7 }
const CALL = { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' }
const City = z.object({ city: z.string() })
const weather = tool(async ({ city }) => `sun in ${city}`, {
  name: 'weather',
  description: 'The weather of a city',
  schema: City,
})

const config = (url: string): string =>
  twoProviders(url).replace(
    'routes:',
    `routes:
  claude-sonnet-5-5: { candidates: [beta/model-b] }`,
  )

let stack: Stack
let gateway: TestGateway
const sent = (provider: 'alpha' | 'beta' = 'alpha') =>
  stack.simulator.calls({ provider }).at(-1)?.body as { [field: string]: unknown }

beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

interface Settings {
  model?: string
  maxRetries?: number
  key?: string
  url?: string
}

const openAi =
  (useResponsesApi: boolean) =>
  ({ model = 'default', maxRetries, key, url = gateway.url }: Settings = {}) =>
    new ChatOpenAI({
      model,
      apiKey: 'none',
      useResponsesApi,
      ...(maxRetries === undefined ? {} : { maxRetries }),
      configuration: {
        baseURL: `${url}/v1`,
        ...(key === undefined ? {} : { defaultHeaders: { 'Idempotency-Key': key } }),
      },
    })

const anthropic = ({ model = 'default', maxRetries, key, url = gateway.url }: Settings = {}) =>
  new ChatAnthropic({
    model,
    apiKey: 'none',
    anthropicApiUrl: url,
    maxTokens: 1_000,
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(key === undefined ? {} : { clientOptions: { defaultHeaders: { 'Idempotency-Key': key } } }),
  })

describe.each([
  ['ChatOpenAI', openAi(false)],
  ['ChatOpenAI with useResponsesApi', openAi(true)],
  ['ChatAnthropic', anthropic],
] as const)('LangChain’s %s', (name, modelOf) => {
  it('has an answer, its usage, and the target that gave it, after a fallback', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ answer: 'Hello from beta', usage: USAGE }])
    const message = await modelOf().invoke([new SystemMessage('Be brief'), new HumanMessage('Say hello')])
    expect(message.text).toBe('Hello from beta')
    expect(message.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7 })
    const { model_name, model } = message.response_metadata as { [field: string]: unknown }
    expect(model_name ?? model).toBe('beta/model-b')
    expect(sent('beta')).toMatchObject({ system: 'Be brief' })
  })

  it('streams the words of an answer as they come, each once where it was cut', async () => {
    const cut = { words: 20, cut: { after: 10, how: 'reset' } } as const
    stack.simulator.script('alpha', [cut, { words: 20, usage: USAGE }])
    const pieces: string[] = []
    for await (const chunk of await modelOf().stream('Count')) if (chunk.text) pieces.push(chunk.text)
    expect(pieces.length).toBeGreaterThan(2)
    const words = pieces.join('').split(' ')
    expect([words.length, new Set(words).size]).toEqual([20, 20])
  })

  it('calls a tool, and sends its result back', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'Sunny' }])
    const model = modelOf().bindTools([weather])
    const question = new HumanMessage({
      content: [
        { type: 'text', text: 'Weather here?' },
        { type: 'image_url', image_url: { url: PIXEL } },
      ],
    })
    const asked = await model.invoke([question])
    expect(asked.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Rome' } }])
    const results = await Promise.all(
      (asked.tool_calls ?? []).map(
        async (call) =>
          new ToolMessage({
            content: await weather.invoke(call.args as { city: string }),
            tool_call_id: call.id ?? '',
          }),
      ),
    )
    expect((await model.invoke([question, asked, ...results])).text).toBe('Sunny')
    expect(JSON.stringify(sent().messages)).toMatch(/data:image\/png.*sun in Rome/)
  })

  it('has structured output', async () => {
    stack.simulator.script('alpha', [
      name === 'ChatAnthropic'
        ? { toolCalls: [{ name: 'extract', arguments: { city: 'Rome' } }] }
        : { answer: '{"city":"Rome"}' },
    ])
    const model = modelOf().withStructuredOutput(City, { name: 'extract' })
    expect(await model.invoke('Where?')).toEqual({ city: 'Rome' })
  })

  it('hangs up on the provider when it is aborted', async () => {
    stack.simulator.script('alpha', [{ words: 1_000, tokenLatency: '20ms' }])
    const abort = new AbortController()
    const read = async (): Promise<void> => {
      for await (const _ of await modelOf().stream('Go on', { signal: abort.signal })) abort.abort()
    }
    await expect(read()).rejects.toThrow(/abort/i)
    await until(() => stack.simulator.calls({ provider: 'alpha' })[0]?.abortedAt !== undefined)
  })

  it('does not send again what would be refused again', async () => {
    const refused = await modelOf({ model: 'nothing' })
      .invoke('x')
      .catch((error) => error)
    expect(refused.status).toBe(404)
    stack.simulator.script('alpha', [{ fault: 'invalid_request' }])
    const wrong = await modelOf({ model: 'alpha/model-a' })
      .invoke('x')
      .catch((error) => error)
    expect(wrong.status).toBe(400)
    expect(stack.simulator.calls({})).toHaveLength(1)
  })

  it('pays once under an Idempotency-Key where a lost connection makes it send again', async () => {
    stack.simulator.script('alpha', [{ answer: 'Once', latency: '300ms' }])
    const { host } = new URL(gateway.url)
    const proxy = await cutProxy(host)
    const key = `lost-${name}-${stack.taskQueue}`
    // Its own count of retries: six.
    const answering = modelOf({ key, url: `http://127.0.0.1:${proxy.port}` }).invoke('Say it once')
    await stack.simulator.waitForCalls(1)
    proxy.drop()
    expect((await answering).text).toBe('Once')
    expect(stack.simulator.calls({}).map(({ outcome }) => outcome)).toEqual(['answered'])
    await proxy.close()
  })

  it('sends nothing again by maxRetries: 0, where it would send any 5xx', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ status: 503 }])
    const failed = await modelOf({ maxRetries: 0 })
      .invoke('x')
      .catch((error) => error)
    expect(failed.status).toBe(503)
    expect(stack.simulator.calls({})).toHaveLength(4)
  })
})

describe('Claude Code', () => {
  /** As it was recorded, after tools were searched for and files were read. */
  const ask = (model: string) =>
    gateway.post(claudeCode.path, { ...claudeCode.body, model }, claudeCode.headers)
  const eventsOf = async (answer: Response) => {
    expect(answer.status).toBe(200)
    return parseEvents(await answer.text()).map(({ data = '' }) => JSON.parse(data))
  }

  it('is served by a model of another maker, which reads nothing that is not meant for it', async () => {
    stack.simulator.script('alpha', [{ words: 20 }])
    const events = await eventsOf(await ask('alpha/model-a'))
    expect(
      events
        .map(({ delta }) => delta?.text ?? '')
        .join('')
        .split(' '),
    ).toHaveLength(20)
    expect(events.at(-1)).toEqual({ type: 'message_stop' })
    expect(events.at(-2).holdfast.leftOut.sort()).toEqual([
      'anthropic-beta',
      'cache_control',
      'context_management',
      'messages.output_config',
      'metadata',
      'tools.defer_loading',
      'x-anthropic-billing-header',
    ])
    const text = JSON.stringify(sent())
    for (const absent of ['billing', 'defer_loading', 'tool_reference', 'cache_control'])
      expect(text).not.toContain(absent)
    const { messages, tools } = sent() as { messages: { role: string; content: unknown }[]; tools: unknown[] }
    expect(tools).toHaveLength(claudeCode.body.tools.length)
    expect(messages.find(({ role }) => role === 'tool')?.content).toBe(
      'Tool loaded: WebFetch\nTool loaded: NotebookEdit\nTool loaded: CronList',
    )
    expect(JSON.stringify(messages.at(-1))).toMatch(/image_url.*file_data/)
  })

  it('reaches a server with Anthropic’s format with its tools as they are, by a route of the model’s name', async () => {
    stack.simulator.script('beta', [{ toolCalls: [{ id: 'c4', name: 'CronList', arguments: {} }] }])
    const events = await eventsOf(await ask('claude-sonnet-5-5'))
    expect(events.find(({ type }) => type === 'content_block_start').content_block).toMatchObject({
      type: 'tool_use',
      name: 'CronList',
    })
    const { tools, messages, system } = sent('beta') as { [field: string]: never }
    const asSent = claudeCode.body.tools.map(({ input_schema, ...tool }) => {
      const { $schema: _, ...schema } = input_schema as { [field: string]: unknown }
      return { ...tool, input_schema: schema }
    })
    expect(tools).toEqual(asSent)
    expect(JSON.stringify(messages)).toContain('{"type":"tool_reference","tool_name":"CronList"}')
    expect(JSON.stringify(system)).not.toContain('billing')
  })
})

describe('Codex', () => {
  /** As it was recorded, behind the result of a tool. Codex knows by a model's name what to send. */
  const ask = async (name: keyof typeof codex.requests, model = 'alpha/model-a') => {
    const answer = await gateway.post(codex.path, { ...codex.requests[name], model }, codex.headers)
    expect(answer.status).toBe(200)
    return parseEvents(await answer.text()).map(({ data = '' }) => JSON.parse(data))
  }
  const shown = () => sent() as { messages: object[]; tools: { function: { name: string } }[] }
  const toolsShown = () => shown().tools.map((one) => one.function.name)
  const itemIn = (events: { type: string; item?: object }[]) =>
    events.find(({ type }) => type === 'response.output_item.done')?.item

  it('has its tools offered as functions, those of a namespace too, and what is left out named', async () => {
    const answer = { id: 'c1', name: 'multi_agent_v1__close_agent', arguments: { target: 'a' } }
    stack.simulator.script('alpha', [{ toolCalls: [answer] }])
    const events = await ask('default')
    expect(toolsShown()).toEqual([
      'exec_command',
      'view_image',
      'multi_agent_v1__close_agent',
      'multi_agent_v1__resume_agent',
    ])
    expect(shown().messages.at(-2)).toMatchObject({
      role: 'assistant',
      content: 'I run it',
      tool_calls: [{ id: 'call_1', function: { name: 'exec_command' } }],
    })
    expect(itemIn(events)).toMatchObject({
      type: 'function_call',
      name: 'close_agent',
      namespace: 'multi_agent_v1',
      arguments: '{"target":"a"}',
    })
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
    expect(events.at(-1).response.holdfast.leftOut).toContain('tools.web_search')
  })

  it('gets the text that a tool of its own takes, and the words by which it searches for tools', async () => {
    stack.simulator.script('alpha', [
      { toolCalls: [{ id: 'c1', name: 'apply_patch', arguments: { input: 'patch' } }] },
      { toolCalls: [{ id: 'c1', name: 'tool_search', arguments: { query: 'mail' } }] },
    ])
    expect(itemIn(await ask('gpt-5.5'))).toMatchObject({ type: 'custom_tool_call', input: 'patch' })
    expect(toolsShown()).toEqual(['exec_command', 'apply_patch', 'view_image', 'tool_search'])
    expect(itemIn(await ask('gpt-5.5'))).toMatchObject({
      type: 'tool_search_call',
      execution: 'client',
      arguments: { query: 'mail' },
    })
  })

  it('adds tools on the way, whatever its schemas say beside JSON Schema', async () => {
    const answer = {
      id: 'c1',
      name: 'collaboration__followup_task',
      arguments: { target: 'a', message: 'Go' },
    }
    stack.simulator.script('alpha', [{ toolCalls: [answer] }])
    expect(itemIn(await ask('gpt-6.2-sol'))).toMatchObject({
      name: 'followup_task',
      namespace: 'collaboration',
    })
    expect(toolsShown()).toHaveLength(4)
    expect(shown().messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringMatching(/42$/) })
  })

  it.each(['default', 'gpt-5.5', 'gpt-6.2-sol'] as const)(
    'is served by Anthropic’s format as %s',
    async (name) => {
      stack.simulator.script('beta', [{ answer: 'Done' }])
      expect((await ask(name, 'beta/model-b')).at(-1)).toMatchObject({ type: 'response.completed' })
    },
  )
})
