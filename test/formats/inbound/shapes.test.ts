/** The exact bytes, and that they have the official clients' types. */
import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import { parseConfig } from '../../../src/config'
import {
  chatCompletion,
  createChatChunks,
  createMessageEvents,
  messageBody,
  modelList,
  PING,
  SSE_DONE,
  sseData,
  sseTyped,
} from '../../../src/formats/inbound'
import type { GenerateRequest } from '../../../src/request'
import { prepare } from '../../../src/request'
import { answered, CALLS, eventsOf, STARTED_AT } from './samples'

const CONFIG = parseConfig(`
providers:
  alpha: { api: openai-chat, baseUrl: "http://127.0.0.1:1/v1" }
  beta: { api: anthropic-messages, baseUrl: "http://127.0.0.1:1/v1" }
routes:
  chat: { candidates: [alpha/small, beta/large/8b] }
  other: { candidates: [alpha/small] }
`)

it('a completion has its id, its time in seconds, its target, and the fields of Holdfast', () => {
  const completion: OpenAI.ChatCompletion = chatCompletion(answered({ cacheAgeMs: 9, served: 'cache' }))
  expect(completion).toMatchObject({
    id: 'chatcmpl-gen-1',
    object: 'chat.completion',
    created: Math.floor(STARTED_AT / 1000),
    model: 'beta/large',
    choices: [{ index: 0, message: { role: 'assistant', refusal: null }, logprobs: null }],
    usage: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
    holdfast: {
      id: 'gen-1',
      route: 'chat',
      target: 'beta/large',
      served: 'cache',
      cacheAgeMs: 9,
      costUsd: 0.25,
      webUrl: 'http://localhost:8233/gen-1',
      finishReason: { unified: 'stop', raw: 'eos' },
    },
  })
  const message = chatCompletion(answered({ text: '', toolCalls: CALLS })).choices[0]?.message
  expect(message).toMatchObject({ content: null, tool_calls: [{ type: 'function' }, {}] })
})

it('chunks: the role once and first, the finish before the usage, usage only where it is requested', () => {
  const chunksOf = (includeUsage: boolean): OpenAI.ChatCompletionChunk[] => {
    const encode = createChatChunks('gen-1', STARTED_AT, includeUsage)
    return eventsOf(answered({ toolCalls: CALLS }), ['Two', ' words']).flatMap(encode)
  }
  const chunks = chunksOf(true)
  expect(chunks.map(({ choices }) => choices[0]?.delta ?? null)).toMatchObject([
    { role: 'assistant', content: 'Two' },
    { content: ' words' },
    { tool_calls: [{ index: 0, id: 'call_a' }] },
    { tool_calls: [{ index: 1, id: 'call_b' }] },
    {},
    null,
  ])
  expect(chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined)).toHaveLength(1)
  expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
    ...[null, null, null, null],
    'stop',
    null,
  ])
  expect(chunks.map(({ usage }) => usage?.total_tokens ?? null)).toEqual([null, null, null, null, null, 19])
  expect(chunks[4]).toMatchObject({ holdfast: { target: 'beta/large' } })
  expect(chunksOf(false).some((chunk) => 'usage' in chunk)).toBe(false)
})

it('a request with `functions` is answered with one `function_call`', () => {
  const called = answered({ text: '', toolCalls: CALLS, finishReason: { unified: 'tool_calls', raw: null } })
  const completion: OpenAI.ChatCompletion = chatCompletion(called, true)
  const first = { name: CALLS[0]?.name, arguments: JSON.stringify(CALLS[0]?.arguments) }
  const [choice] = completion.choices
  expect(choice).toMatchObject({ finish_reason: 'function_call', message: { function_call: first } })
  expect(choice?.message).not.toHaveProperty('tool_calls')
  const chunks: OpenAI.ChatCompletionChunk[] = eventsOf(called, []).flatMap(
    createChatChunks('gen-1', STARTED_AT, false, true),
  )
  expect(chunks.map(({ choices }) => choices[0])).toMatchObject([
    { delta: { function_call: first }, finish_reason: null },
    { finish_reason: 'function_call' },
  ])
})

it('a message has the type of the official client; a stop reason of its own is kept', () => {
  const body = messageBody(answered({ finishReason: { unified: 'stop', raw: 'stop_sequence' } }))
  const typed: Omit<Anthropic.Message, 'stop_reason'> = body
  expect(typed).toMatchObject({
    id: 'msg_gen-1',
    model: 'beta/large',
    content: [{ type: 'text', text: 'Two plain words' }],
    usage: { input_tokens: 7, cache_read_input_tokens: 5, output_tokens: 7 },
  })
  expect(body.stop_reason).toBe('stop_sequence')
})

it('message events: each block opened, filled and closed before the next', () => {
  const events = eventsOf(answered({ toolCalls: CALLS }), ['Two', ' words']).flatMap(
    createMessageEvents('gen-1'),
  )
  const fields = events.map(({ type, index }) => (index === undefined ? type : `${type} ${index}`))
  expect(fields).toEqual([
    'message_start',
    'content_block_start 0',
    'content_block_delta 0',
    'content_block_delta 0',
    'content_block_stop 0',
    ...[1, 2].flatMap((at) => ['start', 'delta', 'stop'].map((step) => `content_block_${step} ${at}`)),
    'message_delta',
    'message_stop',
  ])
})

it('frames are one event each, whatever the text holds', () => {
  expect(sseData({ a: 'x\n\ny' })).toBe('data: {"a":"x\\n\\ny"}\n\n')
  expect(sseData(1, '4.5')).toBe('id: 4.5\ndata: 1\n\n')
  expect(sseTyped(PING)).toBe('event: ping\ndata: {"type":"ping"}\n\n')
  expect(SSE_DONE).toBe('data: [DONE]\n\n')
})

it('models: routes, then their targets, each once; both clients read the list', () => {
  const list = modelList(CONFIG)
  const openai: OpenAI.Model[] = list.data
  expect(openai.map(({ id, owned_by }) => [id, owned_by])).toEqual([
    ['chat', 'holdfast'],
    ['other', 'holdfast'],
    ['alpha/small', 'alpha'],
    ['beta/large/8b', 'beta'],
  ])
  const anthropic: Pick<Anthropic.ModelInfo, 'id' | 'type' | 'display_name' | 'created_at'>[] = list.data
  expect(anthropic).toHaveLength(4)
  expect(list).toMatchObject({ object: 'list', has_more: false, first_id: 'chat', last_id: 'beta/large/8b' })
})

it('an unknown route or target has an error class of its own, and the error lists the known ones', () => {
  const ask = (route: string) => () => prepare(CONFIG, { route, prompt: 'x' } satisfies GenerateRequest)
  const fields = { kind: 'invalid_request', failureClass: 'model_not_found', accepted: false }
  expect(ask('caht')).toThrow(expect.objectContaining(fields))
  expect(ask('caht')).toThrow('did you mean "chat"? (routes: chat, other')
  expect(ask('gamma/x')).toThrow(expect.objectContaining(fields))
})
