/** Keys, entries and a log for the tests of the cache. */
import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import type { CacheEntry } from '../../src/domain/caching/cache'
import type { Answer } from '../../src/domain/streaming/answer'
import { createLogger } from '../../src/telemetry'

export const keyOf = (name: string | number): string =>
  createHash('sha256').update(String(name)).digest('hex')

export const answerOf = (text: string, more: Partial<Answer> = {}): Answer => ({
  text,
  toolCalls: [],
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: 3, outputTokens: 5, cachedInputTokens: 1 },
  model: 'm-2026',
  responseId: 'resp-1',
  ...more,
})

export const HOUR = 3_600_000

/** Fresh for an hour from `storedAt`, kept for a day. */
export const entryOf = (text: string, storedAt: number, more: Partial<CacheEntry> = {}): CacheEntry => ({
  answer: answerOf(text),
  target: 'alpha/m',
  storedAt,
  freshUntil: storedAt + HOUR,
  staleUntil: storedAt + 24 * HOUR,
  ...more,
})

/** A logger, and the lines that it wrote. */
export function recordedLog() {
  const lines: { [field: string]: unknown }[] = []
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return { logger: createLogger({ output }), lines, events: () => lines.map(({ event }) => event) }
}
