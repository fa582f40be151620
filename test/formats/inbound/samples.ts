/** Answers and their events, as the library gives them. */

import type { ToolCall } from '../../../src/domain/request/request'
import type { AnswerEvent, Answered } from '../../../src/formats/inbound'

export const STARTED_AT = 1_700_000_000_500

export const CALLS: ToolCall[] = [
  { id: 'call_a', name: 'weather', arguments: { city: 'Köln', days: [1, 2] } },
  { id: 'call_b', name: 'now', arguments: {} },
]

export const answered = (more: Partial<Answered> = {}): Answered => ({
  id: 'gen-1',
  route: 'chat',
  target: 'beta/large',
  served: 'provider',
  text: 'Two plain words',
  toolCalls: [],
  finishReason: { unified: 'stop', raw: 'eos' },
  usage: { inputTokens: 12, outputTokens: 7, cachedInputTokens: 5, reasoningTokens: 3 },
  model: 'large-2',
  responseId: 'r-1',
  costUsd: 0.25,
  attempts: [{ candidate: 1, target: 'beta/large', number: 1, startedAt: STARTED_AT, durationMs: 20 }],
  timings: { startedAt: STARTED_AT, finishedAt: STARTED_AT + 30, totalMs: 30 },
  webUrl: 'http://localhost:8233/gen-1',
  ...more,
})

/** The answer in these pieces of text, its tool calls whole, and its end. */
export function eventsOf(result: Answered, pieces: readonly string[] = [result.text]): AnswerEvent[] {
  const { target } = result
  const events = [
    ...pieces.map((text) => ({ type: 'text', text, target }) as const),
    ...result.toolCalls.map((toolCall, index) => ({ type: 'toolCall', index, toolCall, target }) as const),
    { type: 'done', result } as const,
  ]
  return events.map((event, index) => ({ position: index + 1, ...event }))
}
