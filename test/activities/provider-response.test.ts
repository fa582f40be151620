/** OPAQUE-3 of `src/domain/request/opaque.ts`: a sealed thought is of the call that gave the whole answer, or is nowhere. */

import { createIntake } from '../../activities/intake'
import { decodeStream, madeBy, publishWhole } from '../../activities/provider-response'
import { answerOf } from '../../src/domain/streaming/accumulate'
import type { StreamEvent } from '../../src/domain/streaming/answer'
import { wireFormat } from '../../src/formats/outbound'
import type { EventStream } from '../../src/http'

const FORMAT = wireFormat('anthropic-messages')
const maker = { provider: 'p', account: 'a', model: 'm' }
const thought = { type: 'thinking', thinking: 'hm', signature: 'sig' }

const EVENTS = [
  { type: 'message_start', message: { id: 'msg', model: 'm' } },
  { type: 'content_block_start', index: 0, content_block: thought },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'two' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  { type: 'message_stop' },
]

const streamOf = (events: object[]): EventStream =>
  ({
    ok: true,
    kind: 'stream',
    status: 200,
    headers: {},
    items: (async function* () {
      for (const event of events) yield { type: 'event', event: { event: null, data: JSON.stringify(event) } }
      yield { type: 'end', error: null }
    })(),
    sawToken: () => undefined,
    close: () => undefined,
  }) as never

const read = async (prefill: string | null, events: object[] = EVENTS) => {
  const published: StreamEvent[] = []
  const publish = (some: StreamEvent[]): StreamEvent[] => {
    published.push(...some)
    return some
  }
  const sink = { prefill, publish }
  return {
    ...(await decodeStream(FORMAT, streamOf(events), { sink, maker, intake: createIntake() }, false)),
    published,
  }
}

it('a streamed answer has its thoughts, with their maker and their place', async () => {
  const { outcome, published } = await read(null)
  const opaque = [{ api: 'anthropic-messages', maker, block: thought, at: { text: 0, calls: 0 } }]
  expect(outcome).toMatchObject({ ok: true, value: { text: 'two', opaque } })
  expect(published).toContainEqual({
    type: 'opaque',
    block: { api: 'anthropic-messages', maker, block: thought },
  })
})

it('an answer whose beginning another call gave has none', async () => {
  const { outcome } = await read('one ')
  expect(outcome).toMatchObject({ ok: true, value: { text: 'one two' } })
  expect(outcome.ok && outcome.value.opaque).toBeUndefined()
})

it('thoughts count towards what an answer may have at most', async () => {
  const large = { type: 'redacted_thinking', data: 'x'.repeat(1_100_000) }
  const blocks = [0, 1].flatMap((index) => [
    { type: 'content_block_start', index, content_block: large },
    { type: 'content_block_stop', index },
  ])
  const { outcome } = await read(null, [...EVENTS.slice(0, 1), ...blocks, ...EVENTS.slice(3)])
  expect(outcome).toMatchObject({ ok: false, failure: { class: 'answer_too_large' } })
})

it('a body that came whole where a stream was requested publishes its thoughts before its text', () => {
  const block = { api: 'anthropic-messages', block: thought }
  const whole = answerOf([
    { type: 'opaque', block },
    { type: 'text', text: 'two' },
    { type: 'finish', finishReason: { unified: 'stop', raw: 'end_turn' } },
  ])
  const kinds: string[] = []
  const sink = (prefill: string | null) => ({
    prefill,
    publish(events: StreamEvent[]) {
      kinds.push(...events.map(({ type }) => type))
      return events
    },
  })
  expect(publishWhole(madeBy(maker, whole), sink(null))).toMatchObject({
    value: { text: 'two', opaque: [{ maker }] },
  })
  expect(kinds).toEqual(['opaque', 'text'])
  const behind = publishWhole(madeBy(maker, whole), sink('one '))
  expect(behind).toMatchObject({ value: { text: 'one two' } })
  expect(behind.ok && behind.value.opaque).toBeUndefined()
})
