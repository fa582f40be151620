/** The OpenAI Agents SDK runs its loops over tools, handoffs and sessions against `POST /v1/responses`. */
import {
  Agent,
  MaxTurnsExceededError,
  MemorySession,
  OpenAIProvider,
  Runner,
  type Tool,
  tool,
  toolNamespace,
  toolSearchTool,
} from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const USAGE = { inputTokens: 11, outputTokens: 7 }
const CALL = { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' }
const weather = tool({
  name: 'weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sun in ${city}`,
})

let stack: Stack
let gateway: TestGateway
let runner: Runner

beforeAll(async () => {
  stack = await startStack({ delivery: true })
  gateway = await gatewayOver(stack)
  const openAIClient = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  runner = new Runner({
    modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }),
    tracingDisabled: true,
  })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

const agent = (tools: Tool[] = [weather]): Agent =>
  new Agent({ name: 'Guide', instructions: 'Be brief.', model: 'default', tools })

type Sent = { role: string; content?: unknown; tool_calls?: { function: { name: string } }[] }
const sent = (at = -1): { messages: Sent[]; tools: { function: { name: string } }[] } =>
  stack.simulator.calls({ provider: 'alpha' }).at(at)?.body as never
const namesOf = (tools: { function: { name: string } }[]): string[] =>
  tools.map(({ function: { name } }) => name)
const rolesOf = (messages: readonly Sent[]): string[] => messages.map(({ role }) => role)

describe.each([false, true])('an agent of the OpenAI Agents SDK (stream: %s)', (stream) => {
  const ask = async (one: Agent, input: string, more: object = {}) => {
    if (!stream) return runner.run(one, input, more)
    const running = await runner.run(one, input, { ...more, stream: true })
    let words = ''
    for await (const piece of running.toTextStream()) words += piece
    await running.completed
    expect(words).toContain(running.finalOutput)
    return running
  }

  it('calls a tool, sends its result, and answers, across a fallback', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL], usage: USAGE }, { status: 503 }])
    stack.simulator.script('beta', [{ answer: 'It is sunny', usage: USAGE }])
    const result = await ask(agent(), 'Weather in Rome?')
    expect(result.finalOutput).toBe('It is sunny')
    expect(result.state.usage).toMatchObject({ requests: 2, inputTokens: 22, outputTokens: 14 })
    const [, last] = stack.simulator.calls({ provider: 'alpha' })
    expect(JSON.stringify(last?.body)).toContain('sun in Rome')
  })

  it('sends only what is new behind previousResponseId: the rest comes from the history', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'Sunny' }, { answer: 'You asked' }])
    const first = await ask(agent(), 'Weather in Rome?')
    const result = await ask(agent(), 'What did I ask?', { previousResponseId: first.lastResponseId })
    expect(result.finalOutput).toBe('You asked')
    const { messages } = sent()
    expect(rolesOf(messages)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user'])
    expect(messages.filter(({ role }) => role === 'system')).toEqual([
      { role: 'system', content: 'Be brief.' },
    ])
  })

  it('keeps a conversation in a session of its own', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'Sunny' }, { answer: 'You asked' }])
    const session = new MemorySession()
    await ask(agent(), 'Weather in Rome?', { session })
    await ask(agent(), 'What did I ask?', { session })
    expect(rolesOf(sent().messages)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user'])
  })

  it('offers the tools of a namespace as functions, and gets their calls by the namespace', async () => {
    const tools = [
      ...toolNamespace({ name: 'sky', description: 'What is above', tools: [weather] }),
      toolSearchTool(),
    ]
    stack.simulator.script('alpha', [
      { toolCalls: [{ ...CALL, name: 'sky__weather' }] },
      { answer: 'It is sunny' },
    ])
    const result = await ask(agent(tools), 'Weather in Rome?')
    expect(result.finalOutput).toBe('It is sunny')
    expect(namesOf(sent().tools)).toEqual(['sky__weather'])
    expect(sent().messages.at(-2)?.tool_calls?.[0]?.function.name).toBe('sky__weather')
    expect(sent().messages.at(-1)).toMatchObject({ role: 'tool', content: 'sun in Rome' })
  })

  it('has an error with what Holdfast knows where nobody could answer', async () => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
    const error = await ask(agent(), 'x').catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 503, error: { holdfast: { kind: 'all_failed' } } })
  })

  it('ends at its own limit of turns', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }])
    await expect(ask(agent(), 'x', { maxTurns: 2 })).rejects.toBeInstanceOf(MaxTurnsExceededError)
    expect(stack.simulator.calls()).toHaveLength(2)
  })
})

it('hands over to another agent, which has an answer of a schema', async () => {
  const expert = new Agent({
    name: 'Expert',
    model: 'default',
    handoffDescription: 'Knows cities',
    outputType: z.object({ city: z.string() }),
  })
  const guide = Agent.create({ name: 'Guide', model: 'default', handoffs: [expert] })
  stack.simulator.script('alpha', [
    { toolCalls: [{ id: 'call_1', name: 'transfer_to_Expert', arguments: {} }] },
    { answer: '{"city":"Rome"}' },
  ])
  const result = await runner.run(guide, 'Which city?')
  expect(result.finalOutput).toEqual({ city: 'Rome' })
})
