/** A stream that is resumed near its end, which the log or the result delivers. CLIENT-EVENTS-2, CLIENT-EVENTS-3: `src/client/events.ts`. */
import { follow, type GenerationEvent } from '../../src/client/events'
import type { GenerationResult } from '../../src/contract/generation'
import type { OpaqueBlock } from '../../src/domain/request/opaque'
import type { ToolCall } from '../../src/domain/request/request'
import type { DeliveryLog } from '../../src/stores/delivery'
import { deliveryOver } from '../../src/stores/delivery/log'
import { memoryStore } from '../../src/stores/delivery/memory'
import { commitOf, epochOf, said, TARGET, writerAt } from '../helpers/delivery'

const WORDS = ['one ', 'two ', 'three ', 'four']
const TEXT = WORDS.join('')
const TOOL_CALL: ToolCall = { id: 'call-1', name: 'look', arguments: {} }

const resultOf = (toolCalls: ToolCall[]): GenerationResult => {
  const { answer } = commitOf(TEXT)
  return {
    ...answer,
    toolCalls,
    id: 'g',
    route: 'default',
    target: TARGET,
    served: 'provider',
    attempts: [],
    costUsd: null,
    timings: { startedAt: 1, finishedAt: 2, totalMs: 1 },
  }
}

describe('a resumed stream', () => {
  let log: DeliveryLog
  let result: GenerationResult

  const events = (after: number, ended: Promise<GenerationResult>) =>
    follow(
      {
        log: { delivery: log, name: 'g' },
        after,
        restarts: 'error',
        result: () => ended,
        fromCommit: () => result,
        generationId: 'g',
      },
      (whole) => whole,
    )

  /** It reads so many words of the log, and then can't reach it any more: the rest comes by the result. */
  const cutOff = async (words = 2): Promise<GenerationEvent[]> => {
    const whole = log
    log = {
      ...whole,
      async *read(...given) {
        for await (const delivered of whole.read(...given)) {
          if (delivered.position > words) throw new Error('out of reach')
          yield delivered
        }
      },
    }
    const received = await all(events(0, Promise.resolve(result)))
    log = whole
    return received
  }

  const textOf = (list: readonly GenerationEvent[]) =>
    list.map((event) => (event.type === 'text' ? event.text : '')).join('')

  const prepare = async (toolCalls: ToolCall[]): Promise<void> => {
    result = resultOf(toolCalls)
    log = deliveryOver(memoryStore())
    const writer = await writerAt(log, 'g', epochOf(1))
    for (const word of WORDS) await writer.append([said(word)])
    const commit = commitOf(TEXT)
    await writer.commit({ ...commit, answer: { ...commit.answer, toolCalls } })
  }

  /** Broken off after each of its events, and resumed. */
  const resumedEverywhere = async (
    received: readonly GenerationEvent[],
    ended: Promise<GenerationResult>,
  ): Promise<void> => {
    for (let had = 0; had <= received.length; had += 1) {
      const before = received.slice(0, had)
      const rest = await all(events(before.at(-1)?.position ?? 0, ended))
      const both = [...before, ...rest]
      expect([had, textOf(both)]).toEqual([had, TEXT])
      expect(both.filter(({ type }) => type === 'toolCall')).toHaveLength(result.toolCalls.length)
      expect(rest.at(-1)).toMatchObject({ type: 'done' })
    }
  }

  it.each([0, 1])('no text twice where the end comes from the result, with %i tool calls', async (calls) => {
    await prepare(Array.from({ length: calls }, () => TOOL_CALL))
    const received = await cutOff()
    expect(received[2]).toMatchObject({ type: 'text', text: 'three four' })
    await resumedEverywhere(received, Promise.resolve(result))
    await log.close()
  })

  it('no tool call twice where the log has all of the text, and the result the rest', async () => {
    await prepare([TOOL_CALL, { ...TOOL_CALL, id: 'call-2' }])
    const received = await cutOff(WORDS.length)
    expect(received.map(({ type }) => type).slice(-3)).toEqual(['toolCall', 'toolCall', 'done'])
    await resumedEverywhere(received, Promise.resolve(result))
    await resumedEverywhere(received, new Promise(() => undefined))
    await log.close()
  })

  it('no text twice where the end comes from the log', async () => {
    await prepare([TOOL_CALL])
    const received = await all(events(0, new Promise(() => undefined)))
    expect(received.at(-1)).toMatchObject({ type: 'done', position: 5 })
    await resumedEverywhere(received, new Promise(() => undefined))
    await log.close()
  })

  describe('with sealed thoughts', () => {
    const blockAt = (text: number, calls: number) => ({
      api: 'a',
      block: { text, calls },
      at: { text, calls },
    })
    const [early, late] = [blockAt(4, 0), blockAt(TEXT.length, 1)]
    const sealed = { type: 'opaque', block: early, target: TARGET } as const

    /** The first of them is published behind the first word. */
    const prepareBlocks = async (opaque: OpaqueBlock[]): Promise<void> => {
      result = { ...resultOf([TOOL_CALL, { ...TOOL_CALL, id: 'call-2' }]), opaque }
      const { toolCalls } = result
      log = deliveryOver(memoryStore())
      const writer = await writerAt(log, 'g', epochOf(1))
      await writer.append([said('one '), sealed])
      for (const word of WORDS.slice(1)) await writer.append([said(word)])
      const commit = commitOf(TEXT)
      await writer.commit({ ...commit, answer: { ...commit.answer, toolCalls, opaque } })
    }
    const shapeOf = (list: readonly GenerationEvent[]) =>
      list.flatMap((event) => (event.type === 'opaque' ? [event.block] : [])).map(({ at }) => at)

    it.each([0, 1, 2, 3, 5])(
      'each comes once and in its place where the log was cut off after %i events',
      async (at) => {
        await prepareBlocks([early, late])
        const received = await cutOff(at)
        const order = received.flatMap(({ type }) => (type === 'text' ? [] : [type]))
        expect(order).toEqual(['opaque', 'toolCall', 'opaque', 'toolCall', 'done'])
        await resumedEverywhere(received, Promise.resolve(result))
        for (let had = 0; had <= received.length; had += 1) {
          const before = received.slice(0, had)
          const rest = await all(events(before.at(-1)?.position ?? 0, Promise.resolve(result)))
          expect([had, shapeOf([...before, ...rest])]).toEqual([had, [early.at, late.at]])
        }
        await log.close()
      },
    )

    it.each([
      ['none', []],
      ['another one', [late]],
    ])('CLIENT-EVENTS-6: one of a call that was cut is void where the answer has %s', async (_, opaque) => {
      await prepareBlocks(opaque)
      const received = await all(events(0, new Promise(() => undefined)))
      expect(textOf(received)).toBe(TEXT)
      const kinds = received.flatMap(({ type }) => (/^opaque/.test(type) ? [type] : []))
      expect(kinds).toEqual(['opaque', 'opaqueVoid', ...opaque.map(() => 'opaque')])
      await resumedEverywhere(received, new Promise(() => undefined))
      await log.close()
    })
  })

  it('the log’s words although the workflow has ended already', async () => {
    await prepare([])
    const received = await all(events(0, Promise.resolve(result)))
    expect(received.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5])
    await resumedEverywhere(received, Promise.resolve(result))
    await log.close()
  })
})

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of given) list.push(one)
  return list
}
