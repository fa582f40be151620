/** `POST /v1/responses` by the official client, unchanged: whole, streamed, in the background, asked for later. */
import type { Connection } from '@temporalio/client'
import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { createInternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const USAGE = { inputTokens: 11, outputTokens: 7 }
const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const
const TOOL = { type: 'function', name: 'weather', parameters: WEATHER, strict: false } as const
const CALL = { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' }

let stack: Stack
let gateway: TestGateway
let second: TestGateway
let openai: OpenAI
let elsewhere: OpenAI
beforeAll(async () => {
  stack = await startStack({ delivery: true })
  gateway = await gatewayOver(stack)
  second = await gatewayOver(stack)
  const clientOf = ({ url }: TestGateway) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  openai = clientOf(gateway)
  elsewhere = clientOf(second)
})
afterAll(async () => {
  await gateway.close()
  await second.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

type Sent = { type: string; sequence_number: number; delta?: string; response?: { output: object[] } }
const read = async (stream: AsyncIterable<ResponseStreamEvent>): Promise<Sent[]> => {
  const events: Sent[] = []
  for await (const event of stream) events.push(event as Sent)
  return events
}
const textOf = (events: readonly Sent[]): string =>
  events.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join('')

/** All but when it ended: the answer comes by whichever is first, the log or the workflow. */
const shapeOf = ({ response, ...event }: Sent) => ({ ...event, output: response?.output })

describe('a response that is waited for', () => {
  it('has the answer, its usage, what it repeats of the request, and the fields of Holdfast', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ answer: 'Hello from beta', usage: USAGE }])
    const response = await openai.responses.create({
      model: 'default',
      instructions: 'Be kind.',
      input: 'Say hello',
      metadata: { ticket: '7' },
    })
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'beta/model-b',
      output_text: 'Hello from beta',
      usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
      instructions: 'Be kind.',
      metadata: { ticket: '7' },
      holdfast: { route: 'default', target: 'beta/model-b' },
    })
    expect(stack.simulator.calls({ provider: 'beta' })[0]?.body).toMatchObject({ system: 'Be kind.' })
  })

  it('carries a tool loop: call, result, answer', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL], times: 1 }, { answer: 'Sunny in Rome.' }])
    const first = await openai.responses.create({ model: 'default', input: 'Weather?', tools: [TOOL] })
    const call = first.output.find(({ type }) => type === 'function_call')
    expect(call).toMatchObject({ call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' })
    const next = await openai.responses.create({
      model: 'default',
      tools: [TOOL],
      input: [
        { role: 'user', content: 'Weather?' },
        ...(first.output as never[]),
        { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
      ],
    })
    expect(next.output_text).toBe('Sunny in Rome.')
    expect(stack.simulator.calls()[1]?.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'weather' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
    })
  })

  it('is JSON of a schema, by the client’s own parser of it', async () => {
    stack.simulator.script('alpha', [{ answer: '{"city":"Rome"}' }])
    const { output_parsed } = await openai.responses.parse({
      model: 'default',
      input: 'Which city?',
      text: { format: { type: 'json_schema', name: 'city', schema: WEATHER } },
    })
    expect(output_parsed).toEqual({ city: 'Rome' })
  })

  it('that was cut at its limit is incomplete, and says why', async () => {
    stack.simulator.script('alpha', [{ answer: 'Half of', finish: 'length' }])
    const response = await openai.responses.create({ model: 'default', input: 'x', max_output_tokens: 2 })
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    })
  })

  it('that nobody could answer is an HTTP error with all attempts', async () => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
    const error = await openai.responses.create({ model: 'default', input: 'x' }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(OpenAI.InternalServerError)
    expect(error.error.holdfast.attempts).toHaveLength(4)
  })

  it.each([
    ['item_reference', [{ type: 'item_reference', id: 'msg_1' }], /send the item itself/],
    ['web_search_call', [{ type: 'web_search_call', id: 'w' }], /have no place in other formats/],
    ['an empty list', [], /at least one message/],
  ])('refuses %s by its name', async (_, input, message) => {
    const error = await openai.responses
      .create({ model: 'default', input: input as never })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 400, message: expect.stringMatching(message) })
    expect(stack.simulator.calls()).toEqual([])
  })

  it.each([
    ['conversation', 'conv_1'],
    ['truncation', 'auto'],
    ['prompt', { id: 'pmpt_1' }],
    ['tools', [{ type: 'web_search' }]],
    ['include', ['file_search_call.results']],
  ])('refuses the field %s that no other format carries', async (field, value) => {
    const body = { model: 'default', input: 'x', [field]: value }
    const error = await openai.responses.create(body as never).catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining(`${field}`) })
  })
})

describe('a streamed response', () => {
  it('is read whole by the client’s own helper: text, tool calls, usage', async () => {
    stack.simulator.script('alpha', [{ words: 30, toolCalls: [CALL], usage: USAGE }])
    const stream = openai.responses.stream({ model: 'alpha/model-a', input: 'x', tools: [TOOL] })
    const events = await read(stream)
    const final = await stream.finalResponse()
    expect(final.status).toBe('completed')
    expect(final.output_text.split(' ')).toHaveLength(30)
    expect(final.output.map(({ type }) => type)).toEqual(['message', 'function_call'])
    expect(final.usage).toMatchObject({ total_tokens: 18 })
    expect(textOf(events)).toBe(final.output_text)
    expect(events.slice(0, 4).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ])
    expect(events.at(-1)?.type).toBe('response.completed')
    const numbers = events.map(({ sequence_number }) => sequence_number)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })

  it('that is cut for good ends in response.failed, and never looks complete', async () => {
    stack.simulator.script('alpha', [{ words: 30, cut: { after: 10 } }])
    stack.simulator.script('beta', [{ status: 503 }])
    const events = await read(await openai.responses.create({ model: 'default', input: 'x', stream: true }))
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' }, holdfast: { kind: 'all_failed' } },
    })
    expect(events.map(({ type }) => type)).not.toContain('response.completed')
  })
})

describe('a response in the background', () => {
  const untilEnded = async (id: string, client = openai): Promise<OpenAI.Responses.Response> => {
    for (;;) {
      const response = await client.responses.retrieve(id)
      if (response.status !== 'in_progress' && response.status !== 'queued') return response
    }
  }

  it('is there at once, and its answer at any gateway afterwards', async () => {
    stack.simulator.script('alpha', [{ answer: 'Done.', latency: '300ms', usage: USAGE }])
    const begun = await openai.responses.create({ model: 'default', input: 'x', background: true })
    expect(begun).toMatchObject({ status: 'in_progress', background: true, output: [] })
    const ended = await untilEnded(begun.id, elsewhere)
    expect(ended).toMatchObject({ id: begun.id, status: 'completed', model: 'alpha/model-a' })
    expect(ended.output).toMatchObject([{ type: 'message', content: [{ text: 'Done.' }] }])
  })

  it('is followed from the beginning, and behind any event, at another gateway: no word twice, none missing', async () => {
    stack.simulator.script('alpha', [{ words: 40, tokenLatency: '10ms', toolCalls: [CALL] }])
    const { id } = await openai.responses.create({
      model: 'alpha/model-a',
      input: 'x',
      tools: [TOOL],
      background: true,
    })
    const all = await read(await openai.responses.retrieve(id, { stream: true }))
    expect(textOf(all).split(' ')).toHaveLength(40)
    expect(all.at(-1)?.type).toBe('response.completed')
    for (const at of [0, 1, 3, 4, 5, Math.floor(all.length / 2), all.length - 3, all.length - 2]) {
      const starting_after = all[at]?.sequence_number ?? 0
      const rest = await read(await elsewhere.responses.retrieve(id, { stream: true, starting_after }))
      expect(rest.map(shapeOf)).toEqual(all.slice(at + 1).map(shapeOf))
    }
    const last = all.at(-1)?.sequence_number ?? 0
    expect(await read(await openai.responses.retrieve(id, { stream: true, starting_after: last }))).toEqual(
      [],
    )
    expect(stack.simulator.calls()).toHaveLength(1)
  })

  it('has its calls in the words of its tools, asked for by its id too', async () => {
    const patch = { id: 'call_1', name: 'patch', arguments: { input: '+Hello' } }
    stack.simulator.script('alpha', [{ toolCalls: [patch] }])
    const tools = [{ type: 'custom' as const, name: 'patch' }]
    const { id } = await openai.responses.create({ model: 'default', input: 'x', tools, background: true })
    const item = { type: 'custom_tool_call', call_id: 'call_1', name: 'patch', input: '+Hello' }
    expect((await untilEnded(id, elsewhere)).output).toMatchObject([item])
    const events = await read(await elsewhere.responses.retrieve(id, { stream: true }))
    expect(events.at(-1)?.response?.output).toMatchObject([item])
    expect(events.map(({ type }) => type)).toContain('response.custom_tool_call_input.delta')
    const next = await openai.responses.create({
      model: 'default',
      previous_response_id: id,
      input: [{ type: 'custom_tool_call_output', call_id: 'call_1', output: 'Patched' }],
      tools,
    })
    expect(next.status).toBe('completed')
    expect(JSON.stringify(stack.simulator.calls().at(-1)?.body)).toMatch(/"patch".*Patched/)
  })

  it('whose words are gone ends a resumed stream in an error, never as if it were whole', async () => {
    stack.simulator.script('alpha', [{ answer: 'Done.' }])
    const { id } = await openai.responses.create({ model: 'default', input: 'x', background: true })
    await untilEnded(id)
    const starting_after = 16 * 4096 * 1_000
    const events = await read(await openai.responses.retrieve(id, { stream: true, starting_after }))
    expect(events.map(({ type }) => type)).toEqual(['response.failed'])
  })

  it('is cancelled by its id', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await openai.responses.create({ model: 'default', input: 'x', background: true })
    await stack.simulator.waitForCalls(1)
    await elsewhere.responses.cancel(id)
    expect((await untilEnded(id)).status).toBe('cancelled')
  })

  it('that failed says so with its error, and one that nobody knows is a 404', async () => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
    const { id } = await openai.responses.create({ model: 'default', input: 'x', background: true })
    expect(await untilEnded(id)).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
    await expect(openai.responses.retrieve('resp_nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(openai.responses.cancel('resp_nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })
})

describe('previous_response_id', () => {
  const sent = () =>
    stack.simulator
      .calls()
      .map(({ body }) => (body as { messages: { role: string; content: string }[] }).messages)

  it('goes on from an earlier response, and from the one before that, with what they were given and what they answered', async () => {
    stack.simulator.script('alpha', [{ answer: 'Paris.' }, { answer: 'Seine.' }, { answer: 'Notre-Dame.' }])
    const first = await openai.responses.create({
      model: 'default',
      instructions: 'Answer in one word.',
      input: [
        { role: 'developer', content: 'You like France.' },
        { role: 'user', content: 'Its capital?' },
      ],
    })
    const second = await elsewhere.responses.create({
      model: 'default',
      instructions: 'Answer in Latin.',
      previous_response_id: first.id,
      input: 'Its river?',
    })
    const third = await openai.responses.create({
      model: 'default',
      previous_response_id: second.id,
      input: 'A church there?',
      stream: true,
    })
    const events = await read(third)
    expect(events.at(-1)).toMatchObject({ response: { previous_response_id: second.id } })
    const [, , last = []] = sent()
    expect(last.map(({ role, content }) => [role, content])).toEqual([
      [expect.stringMatching(/system|developer/), 'You like France.'],
      ['user', 'Its capital?'],
      ['assistant', 'Paris.'],
      ['user', 'Its river?'],
      ['assistant', 'Seine.'],
      ['user', 'A church there?'],
    ])
    expect(sent()[1]?.[0]?.content).toBe('Answer in Latin.')
    expect(JSON.stringify(sent()[1])).not.toContain('one word')
  })

  it('goes on from a tool call with its result alone', async () => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'It rains.' }])
    const first = await openai.responses.create({ model: 'default', input: 'Weather?', tools: [TOOL] })
    const second = await openai.responses.create({
      model: 'default',
      previous_response_id: first.id,
      tools: [TOOL],
      input: [{ type: 'function_call_output', call_id: CALL.id, output: 'rain' }],
    })
    expect(second.output_text).toBe('It rains.')
    expect(sent()[1]?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  })

  it('of a response in the background, once it has its answer; until then it is a conflict', async () => {
    stack.simulator.script('alpha', [{ answer: 'one two', tokenLatency: '3s' }, { answer: 'three' }])
    const { id } = await openai.responses.create({ model: 'default', input: 'count', background: true })
    const goOn = { model: 'default', previous_response_id: id, input: 'go on' }
    await expect(openai.responses.create(goOn)).rejects.toMatchObject({
      status: 409,
      code: 'previous_response_in_progress',
    })
    const patient = openai.withOptions({ maxRetries: 5 })
    expect(await patient.responses.create(goOn)).toMatchObject({ output_text: 'three' })
  })

  it.each([
    ['nobody knows', async () => 'resp_gen-unknown', 404, 'previous_response_not_found'],
    ['is another tenant’s', foreignResponse, 404, 'previous_response_not_found'],
    ['has failed', failedResponseId, 400, 'previous_response_failed'],
  ])('a response that %s is refused', async (_, idOf, status, code) => {
    const previous_response_id = await idOf()
    stack.simulator.reset()
    const call = openai.responses.create({ model: 'default', previous_response_id, input: 'go on' })
    await expect(call).rejects.toMatchObject({ status, code })
    expect(stack.simulator.calls()).toEqual([])
  })

  it.each([
    ['its prefix alone', 'resp_'],
    ['a way out of a path', '../../x'],
    ['longer than any id', `resp_${'a'.repeat(100_000)}`],
    ['half a character', 'resp_\ud800'],
    ['a zero byte', 'resp_a\0b'],
    ['a query', 'resp_a?b=c#d'],
  ])('an id that is %s is refused as the caller’s fault', async (_, previous_response_id) => {
    const call = openai.responses.create({ model: 'default', previous_response_id, input: 'go on' })
    const error = await call.catch((failure: unknown) => failure)
    expect([400, 404]).toContain((error as { status?: number }).status)
    expect(stack.simulator.calls()).toEqual([])
  })

  it('vectors are no answer to go on from', async () => {
    stack.simulator.script('alpha', [{ answer: 'anything' }])
    const embedded = await fetch(`${openai.baseURL}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'alpha/model-a', input: 'hello' }),
    })
    await embedded.arrayBuffer()
    const id = embedded.headers.get('x-holdfast-generation')
    expect({ status: embedded.status, id }).toEqual({ status: 200, id: expect.any(String) })
    const goOn = { model: 'default', previous_response_id: `resp_${id}`, input: 'go on' }
    await expect(openai.responses.create(goOn)).rejects.toMatchObject({ status: 400 })
  })

  async function foreignResponse(): Promise<string> {
    const { connection } = stack.client
    const other = await createInternalHoldfast({
      config: parseConfig(twoProviders(stack.simulator.url)),
      env: {},
      connection: connection as Connection,
      namespace: stack.client.options.namespace,
      taskQueue: stack.taskQueue,
      tenant: 'globex',
    })
    const { id } = await other.generate({ prompt: 'mine' })
    await other.close()
    return `resp_${id}`
  }

  async function failedResponseId(): Promise<string> {
    stack.simulator.script('alpha', [{ status: 401 }])
    stack.simulator.script('beta', [{ status: 401 }])
    const { id } = await openai.responses.create({ model: 'default', input: 'hi', background: true })
    await stack.holdfast.result(id.replace('resp_', '')).catch(() => undefined)
    return id
  }
})
