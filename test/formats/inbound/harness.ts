/** Both dialects behind one face: our bytes on one side, the official client on the other. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { HoldfastError } from '../../../src/contract/errors'
import {
  type AnswerEvent,
  type Answered,
  chatCompletion,
  chatError,
  createChatChunks,
  createMessageEvents,
  messageBody,
  messagesError,
  parseChatRequest,
  parseMessagesRequest,
  SSE_DONE,
  sseData,
  sseTyped,
} from '../../../src/formats/inbound'
import { anthropicMessages } from '../../../src/formats/outbound/anthropic-messages'
import { openaiChat } from '../../../src/formats/outbound/openai-chat'
import { STARTED_AT } from './samples'

/** What a client made of it. */
export interface Decoded {
  text: string
  reasoning: string
  toolCalls: { id: string; name: string; arguments: unknown }[]
  finish: string | null
  /** With and without what came from the cache. */
  usage: { input: number; cached: number; output: number; reasoning: number } | null
  model: string
}

export type Fetch = (url: unknown, init?: { body?: unknown }) => Promise<Response>

export const json = (body: object, status = 200, headers: { [name: string]: string } = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

/** The bytes in pieces of `step`, so that characters and lines are cut anywhere. */
export function sse(text: string, step = 7): Response {
  const bytes = new TextEncoder().encode(text)
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += step) controller.enqueue(bytes.slice(at, at + step))
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

const messages = [{ role: 'user' as const, content: 'Hello' }]

const openai = (fetch: Fetch, maxRetries = 0): OpenAI => {
  const options = { apiKey: 'sk-test', organization: null, project: null, maxRetries }
  return new OpenAI({ ...options, baseURL: 'http://gateway.test/v1', fetch: fetch as never })
}

const anthropic = (fetch: Fetch, maxRetries = 0): Anthropic =>
  new Anthropic({ apiKey: 'sk-test', baseURL: 'http://gateway.test', maxRetries, fetch: fetch as never })

function decodeOpenAi(completion: OpenAI.ChatCompletion, reasoning = ''): Decoded {
  const [choice] = completion.choices
  const { usage } = completion
  return {
    text: choice?.message.content ?? '',
    reasoning,
    toolCalls: (choice?.message.tool_calls ?? []).map((call) => {
      if (call.type !== 'function') throw new Error(`a tool call of type ${call.type}`)
      return { id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }
    }),
    finish: choice?.finish_reason ?? null,
    usage: usage
      ? {
          input: usage.prompt_tokens,
          cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
          output: usage.completion_tokens,
          reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
        }
      : null,
    model: completion.model,
  }
}

function decodeAnthropic({ content, stop_reason, usage, model }: Anthropic.Message): Decoded {
  const cached = usage.cache_read_input_tokens ?? 0
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    toolCalls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
    ),
    finish: stop_reason,
    usage: {
      input: usage.input_tokens + cached,
      cached,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
    },
    model,
  }
}

const chat = {
  name: 'openai-chat',
  format: openaiChat,
  parse: parseChatRequest,
  whole: chatCompletion,
  error: chatError,
  stream: (events: readonly AnswerEvent[]): string => {
    const encode = createChatChunks('gen-1', STARTED_AT, true)
    return events.flatMap((event) => encode(event).map((chunk) => sseData(chunk))).join('')
  },
  end: SSE_DONE,
  errorEvent: (error: HoldfastError): string => sseData(chatError(error).body),
  ask: async (fetch: Fetch, maxRetries?: number) =>
    decodeOpenAi(await openai(fetch, maxRetries).chat.completions.create({ model: 'chat', messages })),
  listen: async (fetch: Fetch) => {
    const stream = openai(fetch).chat.completions.stream({
      model: 'chat',
      messages,
      stream_options: { include_usage: true },
    })
    let reasoning = ''
    stream.on('chunk', ({ choices }) => {
      const delta = choices[0]?.delta as { reasoning_content?: string } | undefined
      reasoning += delta?.reasoning_content ?? ''
    })
    return decodeOpenAi(await stream.finalChatCompletion(), reasoning)
  },
  finish: {
    stop: 'stop',
    length: 'length',
    tool_calls: 'tool_calls',
    content_filter: 'content_filter',
    other: 'stop',
  },
}

const messagesApi = {
  name: 'anthropic-messages',
  format: anthropicMessages,
  parse: parseMessagesRequest,
  whole: messageBody as (result: Answered) => object,
  error: messagesError,
  stream: (events: readonly AnswerEvent[]): string =>
    events.flatMap(createMessageEvents('gen-1')).map(sseTyped).join(''),
  end: '',
  errorEvent: (error: HoldfastError): string => sseTyped(messagesError(error).body),
  ask: async (fetch: Fetch, maxRetries?: number) =>
    decodeAnthropic(
      await anthropic(fetch, maxRetries).messages.create({ model: 'chat', max_tokens: 9, messages }),
    ),
  listen: async (fetch: Fetch) =>
    decodeAnthropic(
      await anthropic(fetch).messages.stream({ model: 'chat', max_tokens: 9, messages }).finalMessage(),
    ),
  finish: {
    stop: 'end_turn',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    content_filter: 'refusal',
    other: 'end_turn',
  },
}

export const DIALECTS = [chat, messagesApi] as const
