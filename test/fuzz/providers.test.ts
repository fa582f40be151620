/**
 * What a provider sends, whole and streamed, in every wire format: mutated, cut, and in any pieces. A reader never throws,
 * never has more than was sent, and never takes a cut answer for a whole one.
 */
import { Crc32 } from '@smithy/core/checksum'
import { EventStreamCodec } from '@smithy/core/event-streams'
import fc from 'fast-check'
import { FAILURE_CLASSES } from '../../src/domain/failures/failure'
import type { Outcome } from '../../src/domain/failures/outcome'
import { accumulate, completeAnswer, EMPTY_ACCUMULATION } from '../../src/domain/streaming/accumulate'
import type { Answer, StreamEvent } from '../../src/domain/streaming/answer'
import { wireFormat } from '../../src/formats/outbound'
import { createFrameParser } from '../../src/formats/outbound/bedrock/frames'
import { APIS, type Api, type BodyParser } from '../../src/formats/outbound/wire-format'
import { createSseParser } from '../../src/http/body-parsers'
import { errorsOf, names, PROVIDERS, parseSse, read } from '../formats/outbound/fixtures'
import { fuzz, named } from '../helpers/fuzz'
import {
  byteMutations,
  jsonMutations,
  mutatedBytes,
  mutatedJson,
  pieceSizes,
  pieces,
} from '../helpers/mutations'

interface Sample {
  api: Api
  bytes: Buffer
  parser: () => BodyParser
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)
/** The events of a fixture, which is written as text, in AWS's frames. */
const framed = (text: string): Buffer =>
  Buffer.concat(
    parseSse(text).map(({ data }) => {
      const [type = '', payload] = Object.entries(JSON.parse(data) as object)[0] ?? []
      const headers = { ':message-type': 'event', ':event-type': type }
      const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }])
      return Buffer.from(
        codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(JSON.stringify(payload)) }),
      )
    }),
  )

const STREAMS: Sample[] = APIS.flatMap((api) =>
  names(`${api}/streams`).flatMap((name): Sample[] => {
    const text = read(`${api}/streams/${name}.sse`)
    const plain = { api, bytes: Buffer.from(text), parser: createSseParser }
    const one = api === 'bedrock' ? { ...plain, bytes: framed(text), parser: createFrameParser } : plain
    return [named(`${api}/streams/${name}`, one)]
  }),
)
const BODIES = APIS.flatMap((api) =>
  names(`${api}/answers`).map((name) =>
    named(`${api}/answers/${name}`, { api, body: JSON.parse(read(`${api}/answers/${name}.json`)) }),
  ),
)

interface Read {
  events: StreamEvent[]
  answer: Outcome<Answer>
  /** The reader takes it for whole. */
  whole: boolean
}

/**
 * As a worker reads a stream (`activities/provider-response.ts`).
 *
 * @param cut the connection breaks behind the last byte; else the body ends there
 */
function readStream({ api, parser: createParser }: Sample, parts: Iterable<Uint8Array>, cut: boolean): Read {
  const decoder = wireFormat(api).createStreamDecoder()
  const parser = createParser()
  const events: StreamEvent[] = []
  let soFar = EMPTY_ACCUMULATION
  const failed = (outcome: Outcome<never>): Read => ({ events, answer: outcome, whole: false })
  const take = (outcome: Outcome<StreamEvent[]>): outcome is Outcome<never> => {
    if (!outcome.ok) return true
    for (const event of outcome.value) {
      events.push(event)
      soFar = accumulate(soFar, event)
    }
    return false
  }
  let broken = cut
  try {
    reading: for (const part of parts)
      for (const event of parser.feed(part)) {
        const outcome = decoder.push(event)
        if (take(outcome)) return failed(outcome)
        if (decoder.ended()) break reading
      }
    if (!cut && !decoder.ended())
      for (const event of parser.end()) {
        const outcome = decoder.push(event)
        if (take(outcome)) return failed(outcome)
      }
  } catch (error) {
    // A parser says so where bytes can't be read; what a decoder throws is a fault.
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) throw error
    broken = true
  }
  if (broken && !decoder.proved() && !decoder.ended())
    return failed({ ok: false, failure: { class: 'connection', message: 'cut' } })
  const last = decoder.end()
  if (take(last)) return failed(last)
  if (!decoder.complete()) return failed({ ok: false, failure: { class: 'bad_response', message: 'cut' } })
  const answer = completeAnswer(soFar)
  return { events, answer, whole: answer.ok }
}

/** What an answer is whatever was sent: no caller has to check it again. */
function checkShape(answer: Outcome<Answer>): void {
  if (!answer.ok) {
    expect(FAILURE_CLASSES).toContain(answer.failure.class)
    expect(typeof answer.failure.message).toBe('string')
    expect(answer.failure.message.length).toBeLessThan(10_000)
    return
  }
  const { text, toolCalls, finishReason, usage, model, responseId } = answer.value
  expect(typeof text).toBe('string')
  expect(['stop', 'length', 'tool_calls', 'content_filter', 'other']).toContain(finishReason.unified)
  expect(finishReason.raw === null || typeof finishReason.raw === 'string').toBe(true)
  const ids = toolCalls.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, name, arguments: given } of toolCalls) {
    expect([typeof id, typeof name]).toEqual(['string', 'string'])
    expect(name).not.toBe('')
    expect(typeof given === 'object' && given !== null && !Array.isArray(given)).toBe(true)
  }
  for (const count of Object.values(usage ?? {})) {
    expect(Number.isFinite(count)).toBe(true)
    expect(count).toBeGreaterThanOrEqual(0)
  }
  for (const name of [model, responseId]) expect(name === null || typeof name === 'string').toBe(true)
}

const sample = fc.constantFrom(...STREAMS)

fuzz(
  'a stream that is cut at any byte is no whole answer, unless nothing of the answer was behind it',
  fc.record({ sample, at: fc.double({ min: 0, max: 1, noNaN: true }), sizes: pieceSizes }),
  400,
  ({ sample: one, at, sizes }) => {
    const whole = readStream(one, [one.bytes], false)
    const part = one.bytes.subarray(0, Math.floor(at * one.bytes.length))
    const cut = readStream(one, pieces(part, sizes), true)
    checkShape(cut.answer)
    if (!cut.whole || !cut.answer.ok) return
    expect(whole.answer.ok).toBe(true)
    if (!whole.answer.ok) return
    const { text, toolCalls, finishReason } = whole.answer.value
    expect(cut.answer.value).toMatchObject({ text, toolCalls, finishReason })
  },
)

fuzz(
  'a mutated stream is the same in whatever pieces it comes, is read without a fault, and has the shape of an answer',
  fc.record({ sample, mutations: byteMutations(), sizes: pieceSizes, cut: fc.boolean() }),
  500,
  ({ sample: one, mutations, sizes, cut }) => {
    const bytes = mutatedBytes(one.bytes, mutations)
    const atOnce = readStream(one, [bytes], cut)
    checkShape(atOnce.answer)
    // Of a stream that breaks off the failure may name the end, or the event that it came in the middle of.
    const named = (read: typeof atOnce) =>
      cut && !read.answer.ok ? { ...read, answer: { ok: false } } : read
    expect(named(readStream(one, pieces(bytes, sizes), cut))).toEqual(named(atOnce))
  },
)

const eventSample = sample.filter(({ api }) => api !== 'bedrock')

fuzz(
  'events with mutated JSON, dropped, doubled and out of order are read without a fault',
  fc.record({
    sample: eventSample,
    mutations: jsonMutations(),
    at: fc.nat(100),
    order: fc.constantFrom('kept', 'doubled', 'dropped', 'last first', 'mixed'),
    other: eventSample,
  }),
  500,
  ({ sample: one, mutations, at, order, other }) => {
    const blocks = one.bytes.toString().split(/\n\n/)
    const nth = at % blocks.length
    const block = blocks[nth] ?? ''
    const mutated = block.replace(/^data: ?(\{.*)$/m, (line, json: string) => {
      try {
        return `data: ${mutatedJson(JSON.parse(json), mutations).replaceAll('\n', ' ')}`
      } catch {
        return line
      }
    })
    const placed = blocks.with(nth, mutated)
    if (order === 'doubled') placed.splice(nth, 0, mutated)
    if (order === 'dropped') placed.splice(nth, 1)
    if (order === 'last first') placed.reverse()
    if (order === 'mixed') placed.splice(nth, 0, ...other.bytes.toString().split(/\n\n/).slice(0, 3))
    checkShape(readStream(one, [Buffer.from(placed.join('\n\n'))], false).answer)
  },
)

/** By the official codec: as AWS would frame what it would not send. */
fuzz(
  'frames of any types and payloads are read without a fault',
  fc.array(
    fc.record({
      messageType: fc.constantFrom('event', 'exception', 'error', '', '__proto__'),
      type: fc.constantFrom(
        'messageStart',
        'contentBlockDelta',
        'messageStop',
        'metadata',
        '__proto__',
        'x"y',
      ),
      payload: fc.oneof(fc.json({ maxDepth: 3 }), fc.string(), fc.constant('[')),
      crc: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
  200,
  (frames) => {
    const bytes = frames.map(({ messageType, type, payload, crc }) => {
      const headers = {
        ':message-type': { type: 'string' as const, value: messageType },
        ':event-type': { type: 'string' as const, value: type },
        ':exception-type': { type: 'string' as const, value: type },
      }
      const encoded = Buffer.from(codec.encode({ headers, body: Buffer.from(payload) }))
      if (!crc) encoded.writeUInt32BE(new Crc32().digestSync(), encoded.length - 4)
      return encoded
    })
    const one = { api: 'bedrock' as const, bytes: Buffer.concat(bytes), parser: createFrameParser }
    checkShape(readStream(one, [one.bytes], false).answer)
  },
)

fuzz(
  'a whole body, mutated, is read without a fault; cut at any byte it is no answer',
  fc.record({
    sample: fc.constantFrom(...BODIES),
    mutations: jsonMutations(),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    mayBeEmpty: fc.boolean(),
  }),
  600,
  ({ sample: { api, body }, mutations, at, mayBeEmpty }) => {
    const format = wireFormat(api)
    const text = mutatedJson(body, mutations)
    checkShape(format.decode(text, mayBeEmpty))
    const whole = JSON.stringify(body)
    const cut = format.decode(whole.slice(0, Math.floor(at * whole.length * 0.999)), mayBeEmpty)
    expect(cut.ok).toBe(false)
  },
)

const ERRORS = APIS.flatMap((api) =>
  (PROVIDERS[api] ?? []).flatMap((provider) =>
    errorsOf(provider).map((one) => named(`${api} ${provider} ${one.name}`, { api, ...one })),
  ),
)

fuzz(
  'an error, mutated, is a failure of a known class with times that can be waited for, and does not hold the key',
  fc.record({
    sample: fc.constantFrom(...ERRORS),
    status: fc.option(fc.integer({ min: 300, max: 999 })),
    mutations: jsonMutations(),
    bytes: byteMutations(1),
    retryAfter: fc.option(
      fc.oneof(
        fc.constantFrom(
          '0',
          '-1',
          '1e9',
          '99999999999999',
          'soon',
          'Fri, 31 Dec 9999 23:59:59 GMT',
          '1.5',
          '',
        ),
        fc.string(),
      ),
    ),
  }),
  600,
  ({ sample: one, status, mutations, bytes, retryAfter }) => {
    const body = mutatedBytes(Buffer.from(mutatedJson(one.body, mutations)), bytes).toString()
    const headers = { ...one.headers, ...(retryAfter === null ? {} : { 'retry-after': retryAfter }) }
    const now = Date.parse('2026-11-28T12:00:00Z')
    const failure = wireFormat(one.api).decodeFailure({ status: status ?? one.status, headers, body, now })
    checkShape({ ok: false, failure })
    const { retryAfterMs } = failure
    if (retryAfterMs !== undefined) {
      expect(Number.isFinite(retryAfterMs)).toBe(true)
      expect(retryAfterMs).toBeGreaterThanOrEqual(0)
    }
  },
)

const dataLine = /^data: ?(\{.*)$/m

/** Of a whole stream: its events' lines that say words, and what is left where one of them is not sent at all. */
const SAID = STREAMS.filter(({ api }) => api !== 'bedrock').flatMap((one) => {
  const whole = readStream(one, [one.bytes], false)
  if (!whole.whole || !whole.answer.ok) return []
  const blocks = one.bytes.toString().split(/\n\n/)
  const { text, toolCalls, finishReason } = whole.answer.value
  const said = JSON.stringify({ text, toolCalls, finishReason })
  return blocks.flatMap((block, nth) =>
    dataLine.test(block) ? [named(`event ${nth} of ${fc.stringify(one)}`, { one, blocks, nth, said })] : [],
  )
})

fuzz(
  'an event that can not be read is no event that was not sent: the answer fails, or lacks nothing',
  fc.record({
    event: fc.constantFrom(...SAID),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    damage: fc.constantFrom('cut', 'control character', 'no brace'),
  }),
  300,
  ({ event: { one, blocks, nth, said }, at, damage }) => {
    const block = (blocks[nth] ?? '').replace(dataLine, (_, json: string) => {
      // Within the JSON, so that what is left is none.
      const place = 1 + Math.floor(at * (json.length - 2))
      if (damage === 'cut') return `data: ${json.slice(0, place)}`
      if (damage === 'no brace') return `data: ${json.slice(1)}`
      return `data: ${json.slice(0, place)}\u0001${json.slice(place)}`
    })
    const { answer, whole } = readStream(one, [Buffer.from(blocks.with(nth, block).join('\n\n'))], false)
    checkShape(answer)
    if (!whole || !answer.ok) return
    const { text, toolCalls, finishReason } = answer.value
    expect(JSON.stringify({ text, toolCalls, finishReason })).toBe(said)
  },
)
