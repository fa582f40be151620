/** AWS's binary frames, made by its own codec: whole, in any pieces, broken, and larger than what is read. */
import { Crc32 } from '@smithy/core/checksum'
import { EventStreamCodec } from '@smithy/core/event-streams'
import { createFrameParser } from '../../../../src/formats/outbound/bedrock/frames'
import type { SseEvent } from '../../../../src/formats/outbound/wire-format'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)

const frame = (headers: { [name: string]: string }, body: string | Uint8Array = '{}'): Buffer =>
  Buffer.from(
    codec.encode({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]),
      ),
      body: Buffer.from(body),
    }),
  )

const event = (type: string, body: object): Buffer =>
  frame({ ':message-type': 'event', ':event-type': type }, JSON.stringify(body))

const START = event('messageStart', { role: 'assistant' })
const WORDS = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grüße aus Köln 👋' } })

/** What came out before it threw, and what it threw. */
function parsed(
  bytes: Uint8Array,
  size = Number.POSITIVE_INFINITY,
): { events: SseEvent[]; error: string | null } {
  const parser = createFrameParser()
  const events: SseEvent[] = []
  try {
    for (let at = 0; at < bytes.length; at += size)
      for (const one of parser.feed(bytes.subarray(at, Math.min(bytes.length, at + size)))) events.push(one)
    for (const one of parser.end()) events.push(one)
    return { events, error: null }
  } catch (error) {
    return { events, error: (error as Error).message }
  }
}

it('a frame is an event whose data is its payload by its name', () => {
  expect(parsed(START)).toEqual({
    events: [{ event: 'messageStart', data: '{"messageStart":{"role":"assistant"}}' }],
    error: null,
  })
})

it('an exception is named like an event, and a frame without payload holds nothing', () => {
  const slow = frame(
    { ':message-type': 'exception', ':exception-type': 'throttlingException' },
    '{"message":"slow"}',
  )
  const empty = frame({ ':message-type': 'event', ':event-type': 'messageStop' }, '')
  expect(parsed(Buffer.concat([slow, empty])).events.map(({ data }) => data)).toEqual([
    '{"throttlingException":{"message":"slow"}}',
    '{"messageStop":{}}',
  ])
})

it('an error outside of the API has its code and its message in headers', () => {
  const error = frame(
    { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'gone' },
    '',
  )
  expect(parsed(error).events).toEqual([
    { event: 'error', data: '{"error":{"code":"InternalError","message":"gone"}}' },
  ])
})

it('FRAMES-1: pieces of any size come to the same', () => {
  const bytes = Buffer.concat([START, WORDS, WORDS, event('messageStop', { stopReason: 'end_turn' })])
  const whole = parsed(bytes)
  expect(whole.events).toHaveLength(4)
  for (let size = 1; size <= bytes.length; size += 1) expect(parsed(bytes, size)).toEqual(whole)
})

it('FRAMES-2: any byte that is changed cuts the body at its frame, and the frames before it are given out', () => {
  const before = parsed(START).events
  for (let at = 0; at < WORDS.length; at += 1) {
    const broken = Buffer.concat([START, WORDS, START])
    broken[START.length + at] = (broken[START.length + at] ?? 0) ^ 0x55
    const { events, error } = parsed(broken)
    // A length that can't be believed is not waited for.
    if (at < 12) expect(error).toBe('a frame of the event stream is broken')
    else expect(error).not.toBeNull()
    expect(events).toEqual(before)
  }
})

/** A frame's first bytes, with a checksum that fits. */
function prelude(totalBytes: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(totalBytes, 0)
  const crc = new Crc32()
  crc.update(bytes.subarray(0, 8))
  bytes.writeUInt32BE(crc.digestSync(), 8)
  return bytes
}

it('FRAMES-2: a length that no answer can have is refused at once', () => {
  for (const length of [0, 15, 16 * 1024 * 1024 + 1, 0xffffffff])
    expect(parsed(prelude(length))).toEqual({
      events: [],
      error: `a frame of the event stream has ${length} bytes`,
    })
})

it('FRAMES-2: a large frame in small pieces is put together once', () => {
  const large = event('contentBlockDelta', { delta: { text: 'x'.repeat(8 * 1024 * 1024) } })
  const concat = jest.spyOn(Buffer, 'concat')
  expect(parsed(large, 16_384).events).toHaveLength(1)
  expect(concat.mock.calls.length).toBeLessThan(3)
  concat.mockRestore()
})

it('FRAMES-3: a part of a frame at the end cuts the body', () => {
  for (const length of [1, 11, 12, WORDS.length - 1])
    expect(parsed(Buffer.concat([START, WORDS.subarray(0, length)]))).toMatchObject({
      events: [{ event: 'messageStart' }],
      error: 'the event stream ended within a frame',
    })
})

it('a payload that is no UTF-8 cuts the body', () => {
  const bytes = frame(
    { ':message-type': 'event', ':event-type': 'contentBlockDelta' },
    Buffer.from([0xff, 0xfe]),
  )
  expect(parsed(bytes)).toMatchObject({ events: [], error: expect.any(String) })
})

it.each([
  ['text', Buffer.from('data: {"text":"hello there"}\n\n')],
  ['HTML', Buffer.from('<!doctype html><title>502</title>')],
  ['zeros', Buffer.alloc(64)],
])('%s where frames were promised cuts the body', (_, bytes) => {
  expect(parsed(bytes)).toMatchObject({ events: [], error: expect.any(String) })
})
