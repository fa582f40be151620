/** What single providers do differently within a format: one captured-shape fixture each. */

import type { Params } from '../../../src/domain/request/request'
import { wireFormat } from '../../../src/formats/outbound'
import { adapt } from '../../../src/formats/outbound/anthropic-messages/output'
import { maxTokensField } from '../../../src/formats/outbound/openai-chat/models'
import { canBeStrict, encodeOutput } from '../../../src/formats/outbound/openai-chat/output'
import type { EncodeInput } from '../../../src/formats/outbound/wire-format'
import { parseSse, play, read } from './fixtures'
import { REQUESTS } from './requests'

const TEXT = 'Grüße aus Köln 👋'
const responses = wireFormat('openai-responses')
const chat = wireFormat('openai-chat')
const completions = wireFormat('openai-completions')
const anthropic = wireFormat('anthropic-messages')
const playChat = (name: string) =>
  play(chat.createStreamDecoder(), parseSse(read(`openai-chat/dialects/${name}.sse`)))
const decodeChat = (name: string) => chat.decode(read(`openai-chat/dialects/${name}.json`))

describe('dialects of openai-chat', () => {
  it('Azure: a first chunk with prompt filter results and no choices is passed over', () => {
    const { events, answer } = playChat('azure-plain')
    expect(events[0]).toMatchObject({ type: 'start', model: 'gpt-5-2025-08-07' })
    expect(answer).toMatchObject({ ok: true, value: { text: TEXT } })
  })
  it('OpenRouter: an error half-way through a stream has its own status', () => {
    const { answer, complete } = playChat('openrouter-mid-stream-error')
    expect(complete).toBe(false)
    expect(answer).toMatchObject({ failure: { class: 'server_error', status: 502 } })
  })
  it('OpenRouter: an error in a 200 body is classified by its code', () => {
    expect(decodeChat('openrouter-error-in-200')).toMatchObject({
      failure: { class: 'rate_limited', status: 429 },
    })
  })
  it('OpenRouter: an error in a choice is classified by its code', () => {
    expect(decodeChat('openrouter-choice-error')).toMatchObject({
      failure: { class: 'overloaded', status: 503 },
    })
  })
  it('vLLM: an error in a stream is classified by its code', () => {
    expect(playChat('vllm-stream-error').answer).toMatchObject({
      failure: { class: 'server_error', status: 500 },
    })
  })
  it('vLLM: reasoning is no part of the text', () => {
    const outcome = decodeChat('vllm-reasoning')
    expect(outcome).toMatchObject({ ok: true, value: { text: TEXT, toolCalls: [] } })
  })
  it('Ollama: tool calls that end with stop have the unified reason tool_calls', () => {
    const finishReason = { unified: 'tool_calls', raw: 'stop' }
    expect(decodeChat('ollama-tools-stop')).toMatchObject({
      ok: true,
      value: { finishReason, toolCalls: [{ id: 'call_a' }] },
    })
  })
  it('a new id under a used index is a new tool call', () => {
    const { answer } = playChat('same-index-tools')
    expect(answer).toMatchObject({
      value: { toolCalls: [{ name: 'weather' }, { name: 'now', arguments: {} }] },
    })
  })
  it('Together: eos is stop, cached tokens stand beside the counts', () => {
    expect(decodeChat('together-plain')).toMatchObject({
      ok: true,
      value: { finishReason: { unified: 'stop', raw: 'eos' }, usage: { cachedInputTokens: 3 } },
    })
  })
  it('a tool call that the token limit has cut is left out, and the finish reason says so', () => {
    const body = read('openai-chat/answers/tools.json')
      .replace('{\\"city\\": \\"Köln\\"}', '{\\"city\\": \\"Kö')
      .replace(/"finish_reason": "tool_calls"/, '"finish_reason": "length"')
    expect(chat.decode(body)).toMatchObject({
      ok: true,
      value: { finishReason: { unified: 'length' }, toolCalls: [{ name: 'now' }] },
    })
  })
})

describe('dialects of openai-completions', () => {
  it('Together: a chunk with a delta beside its text is read by its text', () => {
    const sse = parseSse(read('openai-completions/dialects/together-plain.sse'))
    expect(play(completions.createStreamDecoder(), sse).answer).toMatchObject({
      value: { text: TEXT, finishReason: { unified: 'stop', raw: 'eos' }, usage: { outputTokens: 4 } },
    })
  })
  it('a last message from the assistant is continued', () => {
    const messages = [...REQUESTS.plain.messages, { role: 'assistant' as const, content: 'Well, I' }]
    expect(encoded('openai-completions', 'm', {}, { messages }).body.prompt).toBe(
      '### User:\nHello\n\n### Assistant:\nWell, I',
    )
  })
  it('the template stop gives way to four of the caller', () => {
    const request = { ...REQUESTS['multi-turn'], params: { stop: ['a', 'b', 'c', 'd'] } }
    expect(encoded('openai-completions', 'm', {}, request).body.stop).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('dialects of openai-responses', () => {
  const played = play(responses.createStreamDecoder(), parseSse(read('openai-responses/streams/usage.sse')))
  const thoughts = played.events.flatMap((event) => (event.type === 'reasoning' ? [event.text] : []))

  it('summaries of thoughts are shown as they come, apart from each other, and are no part of the text', () => {
    expect(thoughts.join('')).toBe('**Greeting**\n\nShort.\n\nIn German.')
    expect(played.answer).toMatchObject({ value: { text: TEXT } })
  })
  it('of thoughts that are not shown nothing counts as a first token', () => {
    const [, , added] = parseSse(read('openai-responses/streams/plain.sse'))
    if (added === undefined) throw new Error('the fixture is short')
    expect(added.data).toContain('"type": "reasoning"')
    expect(responses.createStreamDecoder().push(added)).toEqual({ ok: true, value: [] })
  })
})

describe('dialects of anthropic-messages', () => {
  it('an overloaded event at the start of a 200 stream is overloaded', () => {
    const sse = parseSse(read('anthropic-messages/dialects/overloaded.sse'))
    expect(play(anthropic.createStreamDecoder(), sse).answer).toMatchObject({
      failure: { class: 'overloaded', requestId: 'req_011' },
    })
  })
  it('sends its version', () => {
    expect(encoded('anthropic-messages', 'claude-sonnet-5-5').headers).toEqual({
      'anthropic-version': '2023-06-01',
    })
  })
  it('system messages go beside the messages, joined by a blank line', () => {
    const messages = [
      { role: 'system' as const, content: 'A' },
      ...REQUESTS.plain.messages,
      { role: 'system' as const, content: 'B' },
    ]
    expect(encoded('anthropic-messages', 'claude-sonnet-5-5', {}, { messages }).body.system).toBe('A\n\nB')
  })
  it('a data URL is sent as base64', () => {
    const url = 'data:image/gif;base64,R0lGOD=='
    const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, url }] }]
    const { body } = encoded('anthropic-messages', 'claude-sonnet-5-5', {}, { messages })
    expect(JSON.stringify(body)).toContain(
      '"source":{"type":"base64","media_type":"image/gif","data":"R0lGOD=="}',
    )
  })
})

const encode = (
  api: Parameters<typeof wireFormat>[0],
  model: string,
  params: Params,
  more: Partial<EncodeInput['request']> = {},
) =>
  wireFormat(api).encode({
    request: { ...REQUESTS.plain, params, ...more },
    provider: 'here',
    model,
    facts: {},
    stream: false,
    unsupportedParams: 'fail',
  })

function encoded(
  ...args: [Parameters<typeof wireFormat>[0], string, Params?, Partial<EncodeInput['request']>?]
) {
  const outcome = encode(args[0], args[1], args[2] ?? {}, args[3])
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value
}

describe('models', () => {
  it.each([
    ['gpt-5', 'max_completion_tokens'],
    ['o3-mini', 'max_completion_tokens'],
    ['openai/gpt-5.1', 'max_completion_tokens'],
    ['gpt-4o', 'max_tokens'],
    ['openai/gpt-oss-120b', 'max_tokens'],
    ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'max_tokens'],
  ])('%s takes %s', (model, field) => {
    expect(maxTokensField(model)).toBe(field)
  })

  it.each([
    ['gpt-5', { temperature: 0.2 }, 'temperature'],
    ['gpt-5-mini-2025-08-07', { topP: 0.5 }, 'topP'],
    ['o4-mini', { stop: ['x'] }, 'stop'],
    ['gpt-4o', { reasoningEffort: 'low' }, 'reasoningEffort'],
    ['gpt-5', { temperature: 1, topP: 1 }, null],
    ['gpt-5.1', { temperature: 0.2 }, null],
    ['gpt-5-chat-latest', { temperature: 0.2 }, null],
    ['gpt-4o', { temperature: 0.2, stop: ['x'] }, null],
    ['Qwen/Qwen3-8B', { temperature: 0.2, reasoningEffort: 'low' }, null],
  ] as [string, Params, string | null][])('openai-chat %s with %j: %s', (model, params, refused) => {
    const outcome = encode('openai-chat', model, params)
    expect(outcome.ok ? null : outcome.failure.message.split(': ')[1]?.split(' ')[0]).toBe(refused)
  })

  it.each([
    ['claude-sonnet-4-5', { temperature: 0.2 }, null],
    ['claude-sonnet-4-5', { temperature: 0.2, topP: 0.5 }, 'topP'],
    ['claude-sonnet-4-5', { temperature: 1.5 }, 'temperature'],
    ['claude-opus-4-8', { temperature: 0.2 }, 'temperature'],
    ['claude-opus-4-8', { temperature: 1 }, null],
    ['claude-3-5-haiku-20241022', { reasoningEffort: 'low' }, 'reasoningEffort'],
    ['claude-sonnet-4-5', { reasoningEffort: 'low', temperature: 0.2 }, 'temperature'],
    ['claude-sonnet-4-5', { reasoningEffort: 'low', maxTokens: 1024 }, 'reasoningEffort'],
    ['kimi-k2', { temperature: 0.2, topP: 0.9 }, null],
  ] as [string, Params, string | null][])('anthropic-messages %s with %j: %s', (model, params, refused) => {
    const outcome = encode('anthropic-messages', model, params)
    expect(outcome.ok ? null : outcome.failure.message.split(': ')[1]?.split(' ')[0]).toBe(refused)
  })

  it.each([
    [
      'claude-sonnet-4-5',
      { reasoningEffort: 'high' },
      { max_tokens: 24576, thinking: { type: 'enabled', budget_tokens: 16384 } },
    ],
    [
      'claude-sonnet-4-5',
      { reasoningEffort: 'high', maxTokens: 4000 },
      { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } },
    ],
    [
      'claude-sonnet-4-20250514',
      { reasoningEffort: 'minimal' },
      { max_tokens: 9216, thinking: { type: 'enabled', budget_tokens: 1024 } },
    ],
    [
      'claude-opus-5-5',
      { reasoningEffort: 'minimal' },
      { max_tokens: 8192, output_config: { effort: 'low' } },
    ],
    ['anthropic.claude-opus-4-6-v1', { reasoningEffort: 'high' }, { output_config: { effort: 'high' } }],
  ] as [string, Params, object][])('anthropic-messages %s with %j thinks by %j', (model, params, fields) => {
    expect(encoded('anthropic-messages', model, params).body).toMatchObject(fields)
  })

  it('max_tokens defaults to the limit in the model facts', () => {
    const outcome = anthropic.encode({
      request: REQUESTS.plain,
      provider: 'p',
      model: 'claude-opus-5',
      facts: { maxOutputTokens: 64_000 },
      stream: false,
      unsupportedParams: 'fail',
    })
    expect(outcome).toMatchObject({ value: { body: { max_tokens: 64_000 } } })
  })

  it('an output schema is unsupported on Claude models before 4.1', () => {
    expect(
      encode('anthropic-messages', 'claude-3-7-sonnet-20250219', {}, { output: REQUESTS.schema.output }),
    ).toMatchObject({
      failure: { class: 'unsupported' },
    })
  })
})

describe('output schemas', () => {
  it('OpenAI: strict only where every object is closed and every property required', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    expect(canBeStrict(closed)).toBe(true)
    expect(canBeStrict({ ...closed, required: [] })).toBe(false)
    expect(canBeStrict({ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] })).toBe(
      false,
    )
    expect(canBeStrict({ ...closed, properties: { a: { type: 'array', items: { type: 'object' } } } })).toBe(
      false,
    )
    expect(canBeStrict({ ...closed, properties: { a: { oneOf: [{ type: 'string' }] } } })).toBe(false)
  })
  it('OpenAI: a property may be called like a word of JSON Schema', () => {
    const schema = {
      type: 'object',
      properties: { not: { type: 'string' } },
      required: ['not'],
      additionalProperties: false,
    }
    expect(canBeStrict(schema)).toBe(true)
  })
  it('OpenAI: names are brought to its alphabet', () => {
    expect(encodeOutput({ name: 'Köln/report', schema: {} })).toMatchObject({
      json_schema: { name: 'K_ln_report', strict: false },
    })
  })
  it('Anthropic: objects are closed, limits left out, oneOf said as anyOf, at any depth', () => {
    const schema = {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          maxItems: 3,
          minItems: 1,
          items: { type: 'object', properties: { n: { type: 'integer', maximum: 9 } } },
        },
        x: { oneOf: [{ type: 'string', minLength: 2 }] },
      },
      required: ['list'],
    }
    expect(adapt(schema)).toEqual({
      ok: true,
      schema: {
        type: 'object',
        properties: {
          list: {
            type: 'array',
            minItems: 1,
            items: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
          },
          x: { anyOf: [{ type: 'string' }] },
        },
        required: ['list'],
        additionalProperties: false,
      },
    })
  })
  it.each([{ type: 'object' }, { type: 'object', properties: { any: { type: 'object' } } }])(
    'Anthropic: %j has free keys: closed, only {} would do',
    (schema) => {
      expect(adapt(schema)).toEqual({ ok: false, why: 'objects with free keys' })
    },
  )
  it('Anthropic: an object without properties that is closed or described elsewhere is taken', () => {
    for (const more of [{ additionalProperties: false }, { $ref: '#/$defs/a' }, { properties: {} }])
      expect(adapt({ type: 'object', ...more })).toMatchObject({ ok: true })
  })
  it('Anthropic: an object with free keys is unsupported', () => {
    const output = {
      name: 'o',
      schema: {
        type: 'object',
        properties: { m: { type: 'object', additionalProperties: { type: 'string' } } },
      },
    }
    expect(encode('anthropic-messages', 'claude-opus-5', {}, { output })).toMatchObject({
      failure: { class: 'unsupported', message: expect.stringContaining('free keys') },
    })
  })
})
