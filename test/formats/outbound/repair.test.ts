/**
 * What histories hold and servers refuse, as each format sends it. Sources: public reports of other gateways, named with
 * each case.
 */
import type { GenerationRequest, Message } from '../../../src/domain/request/request'
import { wellFormedJson } from '../../../src/domain/request/text'
import { wireFormat } from '../../../src/formats/outbound'
import { ANTHROPIC_IDS, MISTRAL_IDS, OPENAI_IDS, withIds } from '../../../src/formats/outbound/repair'
import type { Api, EncodeInput } from '../../../src/formats/outbound/wire-format'

const encode = (api: Api, request: GenerationRequest, more: Partial<EncodeInput> = {}) => {
  const outcome = wireFormat(api).encode({
    request,
    provider: 'p',
    model: 'm',
    facts: {},
    stream: false,
    unsupportedParams: 'fail',
    ...more,
  })
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value
}
const bodyOf = (api: Api, request: GenerationRequest, more: Partial<EncodeInput> = {}) =>
  encode(api, request, more).body
const user = (content: string): Message => ({ role: 'user', content })
const called = (id: string, name = 'weather'): Message[] => [
  { role: 'assistant', content: '', toolCalls: [{ id, name, arguments: {} }] },
  { role: 'tool', toolCallId: id, content: 'ok' },
]
const idsIn = (messages: Message[]): string[] =>
  messages.flatMap((message) =>
    message.role === 'tool'
      ? [message.toolCallId]
      : message.role === 'assistant'
        ? (message.toolCalls ?? []).map(({ id }) => id)
        : [],
  )
const IMAGE = { type: 'image', data: 'aGk=', mediaType: 'image/jpg' } as const

describe('empty texts', () => {
  const messages = [user('a'), { role: 'assistant', content: ' ' } as const, user('b')]
  it('of the assistant are left out [NousResearch/hermes-agent#11929; run-llama/llama_index#17278]', () => {
    expect(bodyOf('anthropic-messages', { messages }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ])
    expect(bodyOf('openai-chat', { messages }).messages).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ])
  })
  it('beside other parts are left out; alone they stay, for the provider to judge', () => {
    const parts = [{ type: 'text', text: '' } as const, { type: 'text', text: 'a' } as const]
    expect(bodyOf('openai-chat', { messages: [{ role: 'user', content: parts }] }).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
    ])
    expect(bodyOf('openai-chat', { messages: [user('')] }).messages).toEqual([{ role: 'user', content: '' }])
  })
})

describe('ids of tool calls', () => {
  const LONG = `call_${'x'.repeat(200)}`
  it.each([
    ['Anthropic', ANTHROPIC_IDS, ['functions.weather:0', 'a b', 'ä', LONG]],
    ['Mistral', MISTRAL_IDS, ['call_PTLP8xhu3uwZk4l3nlnrrJha', 'toolu_1', 'functions.weather:0']],
    ['OpenAI', OPENAI_IDS, [LONG, `${LONG}y`]],
  ])(
    'are what %s takes, the same for a call and its result, and different for two calls [maximhq/bifrost#5097; anomalyco/opencode#1680]',
    (_, rule, ids) => {
      const messages = withIds(
        ids.flatMap((id) => called(id)),
        rule,
      )
      const made = idsIn(messages)
      for (const id of made) expect(id).toMatch(rule.fits)
      for (let at = 0; at < made.length; at += 2) expect(made[at]).toBe(made[at + 1])
      expect(new Set(made).size).toBe(ids.length)
      expect(
        withIds(
          ids.flatMap((id) => called(id)),
          rule,
        ),
      ).toEqual(messages)
    },
  )
  it('that fit stay as they are, and no other becomes one of them', () => {
    const fits = called('a_b')
    expect(withIds(fits, ANTHROPIC_IDS)).toEqual(fits)
    expect(
      new Set(idsIn(withIds([...called('a.b'), ...called('a_b'), ...called('a:b')], ANTHROPIC_IDS))),
    ).toEqual(new Set(['a_b', 'a_b_1', 'a_b_2']))
  })
  it('are Mistral’s for its models alone', () => {
    const messages = called('call_PTLP8xhu3uwZk4l3nlnrrJha')
    const sent = (model: string) => JSON.stringify(bodyOf('openai-chat', { messages }, { model }))
    expect(sent('gpt-5')).toContain('call_PTLP8xhu3uwZk4l3nlnrrJha')
    expect(sent('mistral-large-latest')).not.toContain('call_PTLP')
    expect(sent('mistralai/devstral-small')).not.toContain('call_PTLP')
  })
})

describe('images', () => {
  it('image/jpg is image/jpeg', () => {
    const messages: Message[] = [{ role: 'user', content: [IMAGE] }]
    for (const api of ['openai-chat', 'anthropic-messages'] as const)
      expect(JSON.stringify(bodyOf(api, { messages }))).toMatch(/image\/jpeg/)
  })
  it('of a tool’s result: in the result at Anthropic, behind the results at OpenAI [BerriAI/litellm#23712]', () => {
    const messages: Message[] = [
      {
        role: 'assistant',
        content: '',
        toolCalls: ['a', 'b'].map((id) => ({ id, name: 'see', arguments: {} })),
      },
      { role: 'tool', toolCallId: 'a', content: [{ type: 'text', text: 'here' }, IMAGE] },
      { role: 'tool', toolCallId: 'b', content: 'none' },
    ]
    const [, results] = bodyOf('anthropic-messages', { messages }).messages as { content: object[] }[]
    expect(results?.content[0]).toMatchObject({
      type: 'tool_result',
      tool_use_id: 'a',
      content: [{ type: 'text', text: 'here' }, { type: 'image' }],
    })
    const sent = bodyOf('openai-chat', { messages }).messages as { role: string; content: unknown }[]
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'tool', 'user'])
    expect(sent[1]?.content).toBe('here')
    expect(JSON.stringify(sent[3])).toMatch(/Returned by a:.*image_url/)
  })
})

describe('tools and schemas', () => {
  it('have a type and properties, and no word that only names the dialect', () => {
    const tools = [{ name: 'f', parameters: { $schema: 'http://json-schema.org/draft-07/schema#' } }]
    const expected = { type: 'object', properties: {} }
    expect(bodyOf('openai-chat', { messages: [user('a')], tools }).tools).toMatchObject([
      { function: { parameters: expected } },
    ])
    expect(bodyOf('anthropic-messages', { messages: [user('a')], tools }).tools).toEqual([
      { name: 'f', input_schema: expected },
    ])
  })
  it('at most one tool call is encoded in the way of each format', () => {
    const tools = [{ name: 'f', parameters: {} }]
    const params = { parallelToolCalls: false }
    expect(bodyOf('openai-chat', { messages: [user('a')], tools, params }).parallel_tool_calls).toBe(false)
    expect(bodyOf('anthropic-messages', { messages: [user('a')], tools, params }).tool_choice).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    })
  })
  it('any object is json_object, which more servers take than a schema [DeepSeek]', () => {
    const output = { name: 'output', schema: { type: 'object' } }
    expect(bodyOf('openai-chat', { messages: [user('a')], output }).response_format).toEqual({
      type: 'json_object',
    })
  })
})

describe('hints', () => {
  const hints = { api: 'openai-chat', fields: { user: 'u', store: true } } as const
  const request = { messages: [user('a')], params: { hints } }
  it('reach the API whose fields they are', () => {
    expect(encode('openai-chat', request, { native: true })).toMatchObject({
      body: { user: 'u', store: true },
      leftOut: [],
    })
  })
  it('are left out elsewhere, with a warning', () => {
    for (const [api, native] of [
      ['openai-chat', false],
      ['anthropic-messages', true],
    ] as const) {
      const { body, leftOut } = encode(api, request, { native })
      expect(body).not.toHaveProperty('user')
      expect(leftOut).toEqual(['user', 'store'])
    }
  })
  it('never lay themselves over what the format writes', () => {
    const fields = { model: 'other', messages: [] }
    const { body } = encode(
      'openai-chat',
      { messages: [user('a')], params: { hints: { ...hints, fields } } },
      { native: true },
    )
    expect(body).toMatchObject({ model: 'm', messages: [{ content: 'a' }] })
  })
})

it('an effort of none needs no thought, and none is refused for it', () => {
  const request: GenerationRequest = { messages: [user('a')], params: { reasoningEffort: 'none' } }
  expect(bodyOf('openai-chat', request, { model: 'gpt-5.4' }).reasoning_effort).toBe('none')
  expect(bodyOf('openai-chat', request, { model: 'gpt-4o' })).not.toHaveProperty('reasoning_effort')
  for (const model of ['claude-3-5-haiku-latest', 'claude-sonnet-4-5'])
    expect(bodyOf('anthropic-messages', request, { model })).not.toHaveProperty('thinking')
  // Where nothing is said, it thinks.
  const { thinking } = bodyOf('anthropic-messages', request, { model: 'claude-sonnet-5-5' })
  expect(thinking).toEqual({ type: 'between_tools' })
})

it('after a tool’s result a model that thinks by a budget does not think, with a warning', () => {
  const messages = [user('a'), ...called('c')]
  const { body, leftOut } = encode(
    'anthropic-messages',
    { messages, params: { reasoningEffort: 'medium' } },
    { model: 'claude-sonnet-4-5' },
  )
  expect(body).not.toHaveProperty('thinking')
  expect(leftOut).toEqual(['reasoningEffort'])
})

it('halves of characters become U+FFFD everywhere, whole ones stay [anthropics/claude-code#60394]', () => {
  const body = { 'k\ud83d': ['a\udca9b', { deep: '💩\ud83d' }], n: 1 }
  const mended = wellFormedJson(body)
  expect(mended).toEqual({ 'k\ufffd': ['a\ufffdb', { deep: '💩\ufffd' }], n: 1 })
  expect(JSON.stringify(mended)).not.toMatch(/\\ud/i)
  const fine = { text: '💩 \\ud83d' }
  expect(wellFormedJson(fine)).toEqual(fine)
})
