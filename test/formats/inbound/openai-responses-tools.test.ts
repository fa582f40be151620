/** Tools, calls and results of the Responses API, field by field. */
import type { HoldfastError } from '../../../src/contract/errors'
import { answeredResponse, createResponseEvents, parseResponsesRequest } from '../../../src/formats/inbound'
import { answered, eventsOf } from './samples'

const parse = (more: object = {}) => parseResponsesRequest({ model: 'chat', input: 'Hello', ...more })
const toolsOf = (tools: unknown[], more: object = {}) => parse({ tools, ...more }).request.tools
const messagesOf = (...input: unknown[]) =>
  parse({ input: [{ role: 'user', content: 'Hello' }, ...input] }).request.messages.slice(1)
const refusal = (body: object): string => {
  try {
    parse(body)
    return 'none'
  } catch (error) {
    return (error as HoldfastError).message
  }
}

const OBJECT = { type: 'object', properties: {} }
const call = { type: 'function', name: 'run', description: 'Runs', parameters: OBJECT }
const patch = {
  type: 'custom',
  name: 'patch',
  description: 'Patches',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
}
const sky = { type: 'namespace', name: 'sky', description: 'What is above', tools: [call, patch] }
const search = { type: 'tool_search', execution: 'client', description: 'Finds', parameters: OBJECT }

describe('a tool that the caller runs', () => {
  it('with a text as its input is a function of one text, with the grammar in its description', () => {
    expect(toolsOf([patch])).toEqual([
      {
        name: 'patch',
        description: 'Patches\n\nThe input follows this lark grammar:\nstart: "x"',
        parameters: expect.objectContaining({ required: ['input'] }),
        extras: { format: patch.format },
        calledAs: { type: 'custom', name: 'patch' },
      },
    ])
    expect(toolsOf([{ type: 'custom', name: 'say' }])?.[0]).not.toHaveProperty('extras')
  })

  it('of a namespace has its name in front, and the first one says what the namespace is', () => {
    expect(toolsOf([sky])).toMatchObject([
      {
        name: 'sky__run',
        description: 'What is above\n\nRuns',
        calledAs: { type: 'function', name: 'run', namespace: 'sky' },
      },
      {
        name: 'sky__patch',
        description: expect.stringMatching(/^Patches/),
        calledAs: { type: 'custom', name: 'patch', namespace: 'sky' },
      },
    ])
    expect(toolsOf([{ ...sky, name: 'mcp__sky__' }])?.[0]?.name).toBe('mcp__sky__run')
  })

  it('is its own search for tools; OpenAI’s is left out, for all tools are offered', () => {
    expect(toolsOf([search])).toMatchObject([{ name: 'tool_search', calledAs: { type: 'tool_search' } }])
    const { request } = parse({ tools: [call, { type: 'tool_search' }] })
    expect(request.tools).toHaveLength(1)
    expect(request.params?.hints?.fields).toEqual({ 'tools.tool_search': true })
  })

  it('comes along in items too, and the last of a name is meant', () => {
    const input = [
      { type: 'additional_tools', role: 'developer', tools: [call, { ...call, name: 'later' }] },
      { role: 'user', content: 'Hello' },
      { type: 'tool_search_call', call_id: 'c1', execution: 'client', arguments: { query: 'x' } },
      {
        type: 'tool_search_output',
        call_id: 'c1',
        tools: [{ ...call, name: 'later', description: 'New' }, sky],
      },
    ]
    expect(toolsOf([call], { input })?.map(({ name, description }) => [name, description])).toEqual([
      ['run', 'Runs'],
      ['later', 'New'],
      ['sky__run', 'What is above\n\nRuns'],
      ['sky__patch', expect.any(String)],
    ])
  })

  it('is chosen by its own name', () => {
    const tools = [patch, sky]
    const chosen = (tool_choice: unknown) => parse({ tools, tool_choice }).request
    expect(chosen({ type: 'custom', name: 'patch' }).toolChoice).toEqual({ tool: 'patch' })
    expect(chosen({ type: 'function', name: 'run' }).toolChoice).toEqual({ tool: 'sky__run' })
    const allowed = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'run' }] }
    expect(chosen(allowed)).toMatchObject({ toolChoice: 'required', tools: [{ name: 'sky__run' }] })
    const unknown = { ...allowed, tools: [{ type: 'function', name: 'walk' }] }
    expect(refusal({ tools, tool_choice: unknown })).toMatch(/not among the tools/)
  })
})

describe('a tool that OpenAI runs', () => {
  it.each([
    [{ type: 'file_search', vector_store_ids: ['v'] }, /type file_search has no place in other formats/],
    [{ type: 'apply_patch' }, /type apply_patch has no place/],
    [{ type: 'web_search' }, /a web search is made by OpenAI/],
    [{ type: 'web_search', external_web_access: true }, /a web search is made by OpenAI/],
    [{ type: 'toString' }, /type toString has no place/],
    [{ type: ['x'] }, /has no place/],
    ['web_search', /tools\.0/],
    [null, /tools\.0/],
    [{ ...sky, tools: [sky] }, /tools\.0\.tools\.0\.type/],
    [{ ...sky, tools: [{ type: 'web_search', external_web_access: false }] }, /tools\.0\.tools\.0\.type/],
    [{ ...patch, name: '' }, /tools\.0\.name/],
    [{ ...patch, format: { type: 'regex' } }, /tools\.0\.format/],
  ])('or that is none is refused: %j', (given, why) => {
    expect(refusal({ tools: [given] })).toMatch(why)
    expect(refusal({ input: [{ type: 'additional_tools', tools: [given] }] })).toMatch(/input\.0\.tools\.0/)
  })

  it('is left out by name where it searches no web', () => {
    const { request } = parse({ tools: [{ type: 'web_search', external_web_access: false }] })
    expect(request).not.toHaveProperty('tools')
    expect(request.params?.hints?.fields).toEqual({ 'tools.web_search': true })
  })
})

describe('a call in the history', () => {
  it('of a custom tool and of a namespace is the call that the model made', () => {
    expect(
      messagesOf(
        { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'a\n' },
        { type: 'function_call', call_id: 'c2', name: 'run', namespace: 'sky', arguments: '{"x":1}' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'Done' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'Ran' }] },
      ),
    ).toEqual([
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'c1', name: 'patch', arguments: { input: 'a\n' } },
          { id: 'c2', name: 'sky__run', arguments: { x: 1 } },
        ],
      },
      { role: 'tool', toolCallId: 'c1', content: 'Done' },
      { role: 'tool', toolCallId: 'c2', content: 'Ran' },
    ])
  })

  it('of a search has what was found as its result; OpenAI’s own search is none of the model’s calls', () => {
    expect(
      messagesOf(
        { type: 'tool_search_call', call_id: 'c1', execution: 'client', arguments: { query: 'x' } },
        { type: 'tool_search_output', call_id: 'c1', tools: [sky] },
        { type: 'tool_search_call', call_id: 'c2', execution: 'client', arguments: '{}' },
        { type: 'tool_search_output', call_id: 'c2', tools: [] },
        { type: 'tool_search_call', call_id: null, execution: 'server', arguments: {} },
        { type: 'tool_search_output', call_id: null, execution: 'server', tools: [call] },
      ),
    ).toMatchObject([
      { toolCalls: [{ id: 'c1', name: 'tool_search', arguments: { query: 'x' } }] },
      { role: 'tool', content: 'Tool loaded: sky__run\nTool loaded: sky__patch' },
      { toolCalls: [{ id: 'c2' }] },
      { role: 'tool', content: 'No tool found' },
    ])
  })

  it('that is garbage is refused by its place', () => {
    expect(refusal({ input: [{ type: 'custom_tool_call', call_id: 'c', name: 'p', input: {} }] })).toMatch(
      /input\.0\.input/,
    )
    expect(refusal({ input: [{ type: 'tool_search_output', call_id: 'c' }] })).toMatch(/input\.0\.tools/)
    expect(refusal({ input: [{ type: 'additional_tools', tools: [call] }] })).toMatch(/at least one message/)
  })
})

describe('a call in the answer', () => {
  const { asked } = parse({ tools: [call, patch, sky, search] })
  const toolCalls = [
    { id: 'c1', name: 'run', arguments: { x: 1 } },
    { id: 'c2', name: 'patch', arguments: { input: 'a\n' } },
    { id: 'c3', name: 'sky__run', arguments: {} },
    { id: 'c4', name: 'tool_search', arguments: { query: 'x' } },
    { id: 'c5', name: 'sky__patch', arguments: { input: 7 } },
    { id: 'c6', name: 'nobody', arguments: {} },
  ]
  const result = answered({ text: '', toolCalls, finishReason: { unified: 'tool_calls', raw: null } })
  const ITEMS = [
    { type: 'function_call', call_id: 'c1', name: 'run', arguments: '{"x":1}' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'a\n' },
    { type: 'function_call', call_id: 'c3', name: 'run', namespace: 'sky', arguments: '{}' },
    { type: 'tool_search_call', call_id: 'c4', execution: 'client', arguments: { query: 'x' } },
    { type: 'custom_tool_call', call_id: 'c5', name: 'patch', namespace: 'sky', input: '{"input":7}' },
    { type: 'function_call', call_id: 'c6', name: 'nobody', arguments: '{}' },
  ]

  it('is the item of the tool that was offered', () => {
    const { output } = answeredResponse(result, asked)
    expect(output).toMatchObject(ITEMS)
    expect(new Set(output.map((item) => (item as { id: string }).id)).size).toBe(ITEMS.length)
  })

  it('is the same item in a stream, with the events that belong to it', () => {
    const { encode } = createResponseEvents('g1', 0, asked)
    const events = eventsOf(result, []).flatMap(encode)
    const last = events.at(-1) as unknown as { response: { output: object[] } }
    expect(last.response.output).toMatchObject(ITEMS)
    const typesAt = (place: number) =>
      events.filter(({ output_index }) => output_index === place).map(({ type }) => type)
    const around = (...inner: string[]) =>
      ['output_item.added', ...inner, 'output_item.done'].map((type) => `response.${type}`)
    expect(typesAt(1)).toEqual(around('custom_tool_call_input.delta', 'custom_tool_call_input.done'))
    expect(typesAt(2)).toEqual(around('function_call_arguments.delta', 'function_call_arguments.done'))
    expect(typesAt(3)).toEqual(around())
    expect(events.find(({ type }) => type === 'response.custom_tool_call_input.done')).toMatchObject({
      input: 'a\n',
    })
  })
})

it('reasoning may name an effort alone', () => {
  expect(parse({ reasoning: { effort: 'low' } }).request.params).toEqual({ reasoningEffort: 'low' })
})
