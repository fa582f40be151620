/** Reads the captured-shape fixtures, and plays a stream to a decoder the way `src/http` does. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FailureClass } from '../../../src/domain/failures/failure'
import type { Outcome } from '../../../src/domain/failures/outcome'
import { answerOf } from '../../../src/domain/streaming/accumulate'
import type { Answer, StreamEvent } from '../../../src/domain/streaming/answer'
import { createEventParser } from '../../../src/formats/outbound/event-parser'
import type { Api, SseEvent, StreamDecoder } from '../../../src/formats/outbound/wire-format'

const ROOT = join(__dirname, '..', '..', 'fixtures', 'providers')

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
export const readJson = <T>(path: string): T => JSON.parse(read(path)) as T
export const names = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).map((file) => file.replace(/\.\w+$/, ''))

export interface ErrorFixture {
  name: string
  status: number
  headers: { [name: string]: string }
  body: unknown
  class: FailureClass
  expect?: { [field: string]: unknown }
}

export const errorsOf = (provider: string): ErrorFixture[] => readJson(`errors/${provider}.json`)

/** Whose error bodies each format meets. */
export const PROVIDERS: Record<Api, string[]> = {
  'openai-responses': ['openai', 'openai-responses', 'azure', 'proxies'],
  'openai-chat': ['openai', 'azure', 'together', 'vllm', 'ollama', 'openrouter', 'proxies'],
  'openai-completions': ['openai', 'together', 'vllm', 'ollama', 'proxies'],
  'anthropic-messages': ['anthropic', 'proxies'],
  bedrock: ['bedrock', 'proxies'],
  gemini: ['gemini', 'proxies'],
}

/** The server-sent events in `text`, which arrives in pieces of `size` characters. */
export const parseSse = (text: string, size = Number.POSITIVE_INFINITY): SseEvent[] => {
  const events: SseEvent[] = []
  const parser = createEventParser()
  for (let at = 0; at < text.length; at += size) events.push(...parser.feed(text.slice(at, at + size)))
  return events
}

export interface Played {
  events: StreamEvent[]
  answer: Outcome<Answer>
  complete: boolean
  proved: boolean
  ended: boolean
}

/** All events of a stream, and what they come to. The first failure ends it. */
export const play = (decoder: StreamDecoder, sse: readonly SseEvent[]): Played => {
  const events: StreamEvent[] = []
  const state = () => ({
    events,
    complete: decoder.complete(),
    ended: decoder.ended(),
    proved: decoder.proved(),
  })
  for (const event of sse) {
    const outcome = decoder.push(event)
    if (!outcome.ok) return { answer: outcome, ...state() }
    events.push(...outcome.value)
  }
  const last = decoder.end()
  if (!last.ok) return { answer: last, ...state() }
  events.push(...last.value)
  return { answer: answerOf(events), ...state() }
}
