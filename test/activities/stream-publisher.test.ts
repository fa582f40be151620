/** Concurrent calls publish into one delivery log: readers get no text twice, whichever call goes on. STREAM-PUBLISHER-1 to STREAM-PUBLISHER-5 stand in activities/stream-publisher.ts. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import pino from 'pino'
import { openPublisher, type StreamPublisher } from '../../activities/stream-publisher'
import type { CallProviderInput } from '../../src/contract/generation'
import type { Commit, DeliveryEvent } from '../../src/stores/delivery/types'
import { commitOf, epochOf, reading, recordOf, restarted, textOf, wholeLog } from '../helpers/delivery'
import { overBothLogs } from '../helpers/delivery-places'

const logger = pino({ level: 'silent' })
const NEVER = new AbortController().signal
const TEXT = 'one two three four five six'
const OTHER = 'ein zwei drei vier'

overBothLogs((on) => {
  let now = 0
  async function publisherAt(
    sequence: number,
    { prefill = false, log = on.log, bufferMs }: { prefill?: boolean; log?: string; bufferMs?: number } = {},
  ): Promise<StreamPublisher> {
    const input = {
      stream: { logId: log, sequence, exclusive: false },
      streaming: true,
      bufferMs,
      request: { messages: [] },
      candidate: {
        target: `p/${sequence}`,
        facts: { prefill },
        timeouts: { workerLostMs: 20_000, idleMs: 20_000 },
      },
    } as unknown as CallProviderInput
    const opened = await openPublisher({ delivery: on.delivery, logger, now: () => now }, input, 1, [])
    if (opened?.state !== 'open') throw new Error(`not open, but ${opened?.state}`)
    return opened.publisher
  }
  const publish = (publisher: StreamPublisher, text: string) =>
    publisher.sink.publish([{ type: 'text', text }])
  const answer = (text: string, sequence: number): Commit => commitOf(text, `p/${sequence}`)
  const kinds = async () => (await wholeLog(on.delivery, on.log)).map(({ event }) => event.type)
  const textBefore = (events: DeliveryEvent[]) => textOf(events.filter(({ type }) => type !== 'committed'))
  const textOfLog = async () => textBefore((await wholeLog(on.delivery, on.log)).map(({ event }) => event))
  /** What was said before has arrived, or was refused: one connection answers in order. */
  const arrived = async () => {
    await on.delivery.open('another', epochOf(1), true)
    await nextTurn()
  }
  const cut = async (publisher: StreamPublisher) => {
    await arrived()
    await publisher.fail(recordOf())
  }

  it('STREAM-PUBLISHER-5: a call that begins to publish after the leader was cut publishes only what readers lack', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    publish(first, 'one two ')
    await cut(first)
    for (const word of ['one ', 'two ', 'three ', 'four ', 'five ', 'six']) publish(second, word)
    expect(await second.commit(answer(TEXT, 2), NEVER)).toMatchObject({ rescue: 'prefix' })
    expect(await textOfLog()).toBe(TEXT)
    expect(await kinds()).not.toContain('restart')
  })

  it('WRITER-2: what comes between a refusal and the moment it is read leaves no hole', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const log = `${on.log}-${turns}`
      const [first, second] = [await publisherAt(1, { log }), await publisherAt(2, { log })]
      publish(first, 'one two ')
      await cut(first)
      publish(second, 'one ')
      // A stream is decoded in turns of its own: its words come at any of them.
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      for (const word of ['two ', 'three ', 'four ', 'five ', 'six']) {
        publish(second, word)
        await Promise.resolve()
      }
      expect(await second.commit(answer(TEXT, 2), NEVER)).toMatchObject({ rescue: 'prefix' })
      const events = (await wholeLog(on.delivery, log)).map(({ event }) => event)
      expect(textBefore(events)).toBe(TEXT)
    }
  })

  it('STREAM-PUBLISHER-5: with another text it publishes one restart', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    publish(first, 'one two ')
    await cut(first)
    publish(second, 'ein ')
    publish(second, 'zwei drei vier')
    expect(await second.commit(answer(OTHER, 2), NEVER)).toMatchObject({ rescue: 'restart' })
    expect(await textOfLog()).toBe(OTHER)
    expect((await kinds()).filter((kind) => kind === 'restart')).toHaveLength(1)
  })

  it('STREAM-PUBLISHER-5: a call that got a prefill while the leader still published publishes only what readers lack', async () => {
    const first = await publisherAt(1)
    publish(first, 'one ')
    await arrived()
    const second = await publisherAt(2, { prefill: true })
    expect(second.sink.prefill).toBe('one ')
    publish(first, 'two ')
    await cut(first)
    publish(second, 'two three ')
    publish(second, 'four five six')
    await second.commit(answer(TEXT, 2), NEVER)
    expect(await textOfLog()).toBe(TEXT)
    expect(await kinds()).not.toContain('restart')
  })

  describe('STREAM-PUBLISHER-7: text that is held back', () => {
    const published = async (): Promise<string> => {
      await arrived()
      const opened = await on.delivery.open(on.log, epochOf(9), false)
      return opened.state === 'open' ? opened.text : opened.state
    }

    it('of a call that fails nobody has seen, and the next one begins anew, in whatever words', async () => {
      const first = await publisherAt(1, { bufferMs: 1_000 })
      publish(first, 'one ')
      now += 999
      publish(first, 'two ')
      // It stalls for longer than the buffer: still unseen.
      now += 30_000
      await cut(first)
      const second = await publisherAt(2, { bufferMs: 1_000 })
      publish(second, OTHER)
      expect(await second.commit(answer(OTHER, 2), NEVER)).not.toHaveProperty('rescue')
      expect(await textOfLog()).toBe(OTHER)
      expect(await kinds()).not.toContain('restart')
    })

    it('is published with the first piece that comes late enough, and nothing is held back after it', async () => {
      const first = await publisherAt(1, { bufferMs: 1_000 })
      publish(first, 'one ')
      now += 500
      publish(first, 'two ')
      expect(await published()).toBe('')
      now += 500
      publish(first, 'three ')
      expect(await published()).toBe('one two three ')
      publish(first, 'four ')
      expect(await published()).toBe('one two three four ')
    })

    it('is published when the answer is whole before', async () => {
      const first = await publisherAt(1, { bufferMs: 1_000 })
      publish(first, TEXT)
      await first.commit(answer(TEXT, 1), NEVER)
      expect(await textOfLog()).toBe(TEXT)
    })

    it('lets reasoning before the first word pass', async () => {
      const first = await publisherAt(1, { bufferMs: 1_000 })
      first.sink.publish([{ type: 'reasoning', text: 'hm' }])
      publish(first, TEXT)
      expect(await published()).toBe('')
      await first.commit(answer(TEXT, 1), NEVER)
      expect(await kinds()).toEqual(['reasoning', 'text', 'committed'])
    })

    it('is none where readers have a beginning already', async () => {
      const first = await publisherAt(1)
      publish(first, 'one ')
      await cut(first)
      const second = await publisherAt(2, { bufferMs: 1_000 })
      publish(second, 'one two ')
      expect(await published()).toBe('one two ')
    })

    it('comes once where another call has taken the lead meanwhile', async () => {
      const first = await publisherAt(1, { bufferMs: 1_000 })
      publish(first, 'one ')
      const second = await publisherAt(2)
      publish(second, 'one two ')
      await arrived()
      now += 1_000
      publish(first, 'two three ')
      await cut(second)
      publish(first, 'four five six')
      await first.commit(answer(TEXT, 1), NEVER)
      expect(await textOfLog()).toBe(TEXT)
    })
  })

  it('STREAM-PUBLISHER-6: a whole answer does not interrupt a leader that goes on', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    publish(first, 'one two ')
    await arrived()
    publish(second, OTHER)
    const beaten = second.commit(answer(OTHER, 2), NEVER)
    publish(first, 'three four five six')
    await first.commit(answer(TEXT, 1), NEVER)
    expect(await beaten).toBe('beaten')
    expect(await textOfLog()).toBe(TEXT)
    expect(await kinds()).not.toContain('restart')
  })

  it('STREAM-PUBLISHER-6: it counts when the leader fails, and no provider is called again', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    publish(first, 'one two ')
    await arrived()
    publish(second, TEXT)
    const counted = second.commit(answer(TEXT, 2), NEVER)
    await cut(first)
    expect(await counted).toMatchObject({ target: 'p/2', rescue: 'prefix' })
    expect(await textOfLog()).toBe(TEXT)
    expect(await kinds()).not.toContain('restart')
  })

  it('STREAM-PUBLISHER-6: a call that is aborted while it waits has lost the race', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    publish(first, 'one ')
    await arrived()
    publish(second, TEXT)
    const hangUp = new AbortController()
    const counted = second.commit(answer(TEXT, 2), hangUp.signal)
    hangUp.abort()
    expect(await counted).toBe('beaten')
  })

  it('reasoning that readers have is not published again by another call', async () => {
    const [first, second] = [await publisherAt(1), await publisherAt(2)]
    first.sink.publish([{ type: 'reasoning', text: 'hm' }])
    await cut(first)
    second.sink.publish([{ type: 'reasoning', text: 'well' }])
    await arrived()
    second.sink.publish([{ type: 'reasoning', text: 'so' }])
    publish(second, TEXT)
    await second.commit(answer(TEXT, 2), NEVER)
    expect(await kinds()).toEqual(['reasoning', 'attempt', 'text', 'committed'])
  })

  const step = fc.record({
    call: fc.integer({ min: 0, max: 2 }),
    chars: fc.integer({ min: 1, max: 9 }),
    does: fc.constantFrom('publish', 'publish', 'publish', 'cut', 'wait'),
  })

  it('three calls with the same text, cut anywhere: readers have a prefix of it at every moment, and no restart', async () => {
    let logs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        logs += 1
        const log = `${on.log}-${logs}`
        const publishers = await Promise.all([1, 2, 3].map((sequence) => publisherAt(sequence, { log })))
        const live = reading(on.delivery, log)
        const at = [0, 0, 0]
        const over = new Set<number>()
        for (const { call, chars, does } of steps) {
          const publisher = publishers[call]
          if (publisher === undefined || over.has(call)) continue
          if (does === 'wait') await arrived()
          else if (does === 'cut' && over.size < 2) {
            over.add(call)
            await cut(publisher)
          } else {
            const from = at[call] ?? 0
            publish(publisher, TEXT.slice(from, from + chars))
            at[call] = Math.min(TEXT.length, from + chars)
          }
        }
        const left = publishers.flatMap((publisher, call) => (over.has(call) ? [] : [{ publisher, call }]))
        for (const { publisher, call } of left) publish(publisher, TEXT.slice(at[call]))
        const hangUp = new AbortController()
        const all = left.map(({ publisher, call }) => publisher.commit(answer(TEXT, call + 1), hangUp.signal))
        await live.ended
        hangUp.abort()
        await Promise.all(all)
        const events = live.events()
        expect(events.filter(({ type }) => type === 'restart')).toEqual([])
        expect(TEXT.startsWith(textBefore(events))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('an answer with another text than the cut one causes one restart, whichever calls published before', async () => {
    const [first, second, third] = [await publisherAt(1), await publisherAt(2), await publisherAt(3)]
    publish(first, 'one ')
    await cut(first)
    publish(second, 'one two ')
    await cut(second)
    publish(third, OTHER)
    await third.commit(answer(OTHER, 3), NEVER)
    const events = (await wholeLog(on.delivery, on.log)).map(({ event }) => event)
    expect(events.filter(({ type }) => type === 'restart')).toEqual([restarted('p/3')])
    expect(textBefore(events)).toBe(OTHER)
  })
})
