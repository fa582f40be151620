/**
 * Random interleavings of calls, zombies among them, against a plain model: a list of events and a verdict on each
 * call. What the log answers, what it holds and what every reader sees must be what the model says.
 */
import { promisify } from 'node:util'
import fc from 'fast-check'
import { deliveryOver } from '../../../src/stores/delivery/log'
import { memoryStore } from '../../../src/stores/delivery/memory'
import { baseOf } from '../../../src/stores/delivery/rules'
import type { Delivered, DeliveryLog, DeliveryWriter } from '../../../src/stores/delivery/types'
import {
  commitOf,
  epochOf,
  reading,
  recordOf,
  redisDelivery,
  restarted,
  said,
  textOf,
  wholeLog,
} from '../../helpers/delivery'
import { until } from '../../helpers/processes'
import { describeRedis, type RedisServer, startRedis } from '../../helpers/redis'

/** Three candidates with three attempts each. */
const CALLS = [1, 2, 3].flatMap((sequence) => [1, 2, 3].map((attempt) => ({ sequence, attempt })))

const call = fc.integer({ min: 0, max: CALLS.length - 1 })
const operation = fc.oneof(
  fc.record({ do: fc.constant('open' as const), call, exclusive: fc.boolean() }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), call, restart: fc.boolean() }) },
  fc.record({ do: fc.constant('fail' as const), call }),
  fc.record({ do: fc.constant('answer' as const), call, fits: fc.boolean() }),
  fc.record({ do: fc.constant('takeLead' as const), call }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never
/** Mostly without an early answer, after which little happens. Of all lengths: by itself fast-check stays below ten. */
const operations = fc
  .array(operation, { minLength: 1, maxLength: 40, size: 'max' })
  .map((all) => all.filter((one, at) => one.do !== 'answer' || at > all.length / 2))

/** The plain model. A call is `running` from its open until something ends it. */
function createModel() {
  const opened = new Set<number>()
  const running = new Set<number>()
  const events: string[] = []
  let leader: number | null = null
  let answer: string | null = null
  let words: string[] = []
  let said = 0
  const knows = new Map<number, number>()
  const stop = (which: number) => {
    running.delete(which)
    if (leader === which) leader = null
  }
  const at = (which: number) => CALLS[which] ?? epochOf(0)
  let exclusive = 0
  return {
    words: () => words.join(''),
    events,
    answered: () => answer,
    open(which: number, isExclusive: boolean): string {
      if (answer !== null) return 'committed'
      const { sequence, attempt } = at(which)
      const later = [...opened].some((one) => at(one).sequence === sequence && at(one).attempt > attempt)
      if (sequence < exclusive || later || (opened.has(which) && !running.has(which))) return 'superseded'
      for (const one of [...running])
        if (
          (isExclusive && at(one).sequence < sequence) ||
          (at(one).sequence === sequence && at(one).attempt < attempt)
        )
          stop(one)
      if (isExclusive) exclusive = sequence
      opened.add(which)
      running.add(which)
      knows.set(which, said)
      return `open ${words.join('')}`
    },
    say(which: number, word: string, restart: boolean): string {
      if (answer !== null) return 'committed'
      if (!running.has(which)) return 'superseded'
      if (leader !== null && leader !== which) return 'led'
      if (leader === null && knows.get(which) !== said) {
        knows.set(which, said)
        return `behind ${words.join('')}`
      }
      leader = which
      said += 1
      if (restart) {
        words = []
        events.push('restart')
      }
      words.push(word)
      events.push(word)
      return 'appended'
    },
    fail(which: number) {
      if (answer !== null || !running.has(which)) return
      events.push('attempt')
      stop(which)
    },
    answer(which: number, text: string): string | null {
      if (answer !== null) return answer
      if (!running.has(which)) return null
      if (!text.startsWith(words.join(''))) events.push('restart')
      events.push('committed')
      answer = text
      return text
    },
    takeLead(which: number): string {
      if (answer !== null) return 'committed'
      if (running.has(which) && leader !== null && leader !== which) stop(leader)
      return 'free'
    },
  }
}

const nextTurn = promisify(setImmediate)
const NEVER = new AbortController().signal

async function agrees(delivery: DeliveryLog, log: string, all: readonly Operation[]): Promise<void> {
  const model = createModel()
  const writers = new Map<number, DeliveryWriter>()
  const live = reading(delivery, log)
  let word = 0
  let first: number | null = null
  for (const one of all) {
    if (one.do === 'open') {
      first ??= one.call
      const opened = await delivery.open(log, CALLS[one.call] ?? epochOf(0), one.exclusive)
      const reply = opened.state === 'open' ? `open ${opened.text}` : opened.state
      expect(reply).toBe(model.open(one.call, one.exclusive))
      if (opened.state === 'open') writers.set(one.call, opened.writer)
      continue
    }
    const writer = writers.get(one.call)
    if (writer === undefined) continue
    switch (one.do) {
      case 'say': {
        word += 1
        const text = `${one.call}/${word} `
        const reply = await writer.append([...(one.restart ? [restarted()] : []), said(text)])
        const replyText = typeof reply === 'object' ? `behind ${reply.text}` : reply
        expect(replyText).toBe(model.say(one.call, text, one.restart))
        break
      }
      case 'fail':
        await writer.fail(recordOf())
        model.fail(one.call)
        break
      case 'answer': {
        const text = `${one.fits ? model.words() : 'other '}end`
        expect((await writer.commit(commitOf(text)))?.answer.text ?? null).toBe(model.answer(one.call, text))
        break
      }
      case 'takeLead':
        expect(await writer.leaderEnded(0, NEVER)).toBe(model.takeLead(one.call))
        break
    }
  }
  const base = baseOf(CALLS[first ?? 0] ?? epochOf(0))
  const hasAll = () =>
    model.events.length === 0 || live.delivered.at(-1)?.position === base + model.events.length
  for (let turn = 0; turn < 20 && !hasAll(); turn += 1) await nextTurn()
  await until('the reader has it all', hasAll)
  await live.stop()
  expectWords(live.delivered, model.events, base, 0)
  // DELIVERY-LOG-6: whoever comes later, from any position, has the same words at the same positions, and none that are void.
  for (const after of [0, 1, Math.ceil(model.events.length / 2), model.events.length]) {
    if (after > model.events.length) continue
    const late = reading(delivery, log, after === 0 ? 0 : base + after)
    if (model.answered() !== null && after < model.events.length) await late.ended
    else
      await until(
        'it has the rest',
        () => after === model.events.length || late.delivered.at(-1)?.position === base + model.events.length,
      )
    await late.stop()
    expectWords(late.delivered, model.events, base, after)
    const lastRestart = model.events.lastIndexOf('restart') + 1
    const words = late.delivered.filter(
      ({ event, position }) => event.type === 'text' && position - base < lastRestart,
    )
    expect(words).toEqual([])
  }
}

/** Each event is the model's at its position; what is missing is void, and the restart that made it so comes. */
function expectWords(
  delivered: readonly Delivered[],
  events: readonly string[],
  base: number,
  after: number,
): void {
  const lastRestart = events.lastIndexOf('restart') + 1
  const given = new Map(delivered.map(({ position, event }) => [position - base, event]))
  expect([...given.keys()]).toEqual([...given.keys()].sort((a, b) => a - b))
  events.forEach((expected, index) => {
    const position = index + 1
    if (position <= after) {
      expect(given.has(position)).toBe(false)
      return
    }
    const event = given.get(position)
    const isGone = event === undefined || event.type === 'void'
    if (isGone && position < lastRestart && expected !== 'attempt') {
      if (event?.type === 'void') expectMark(event.textAt, events, base, position)
      return
    }
    expect(event?.type === 'text' ? event.text : event?.type).toBe(expected)
  })
}

/** A mark says where the text began that the next restart made void. */
function expectMark(textAt: number | null, events: readonly string[], base: number, position: number): void {
  const end = events.indexOf('restart', position)
  const isText = (event: string) => !['restart', 'attempt', 'committed'].includes(event)
  const began = events.findIndex((event, index) => index >= position - 1 && index < end && isText(event))
  expect(textAt).toBe(began < 0 ? null : base + began + 1)
}

/** DELIVERY-LOG-1 to DELIVERY-LOG-5, as far as they can be seen from outside, with all calls running at once. */
async function holds(delivery: DeliveryLog, log: string, exclusive: boolean): Promise<void> {
  const reply: { call: number; text: string }[] = []
  const answers = await Promise.all(
    CALLS.map(async (epoch, call) => {
      const opened = await delivery.open(log, epoch, exclusive)
      if (opened.state !== 'open') return opened.state === 'committed' ? opened.commit : null
      const { writer } = opened
      let text = ''
      const say = async (word: string) => {
        const appended = await writer.append(text === '' ? [restarted(), said(word)] : [said(word)])
        if (appended !== 'appended') return false
        text += word
        reply.push({ call, text: word })
        return true
      }
      for (const word of ['a', 'b', 'c']) if (!(await say(`${call}${word} `))) break
      if (call % 3 === 0 || text === '') {
        await writer.fail(recordOf())
        return null
      }
      return writer.commit(commitOf(`${text}end`))
    }),
  )
  const given = answers.filter((answer) => answer !== null)
  expect(new Set(given.map(({ answer }) => answer.text)).size).toBeLessThanOrEqual(1)
  if (given.length === 0) return
  const events = (await wholeLog(delivery, log)).map(({ event }) => event)
  expect(events.filter(({ type }) => type === 'committed')).toHaveLength(1)
  expect(given[0]?.answer.text.startsWith(textOf(events))).toBe(true)
  // Nobody's words stand between those of another: between two restarts there is one publisher.
  let authors = new Set<string>()
  for (const event of events) {
    if (event.type === 'restart') authors = new Set()
    if (event.type === 'text') authors.add(event.text.slice(0, 1))
    expect(authors.size).toBeLessThanOrEqual(1)
  }
}

let logs = 0
const nameOf = () => {
  logs += 1
  return `log-${logs}`
}
const agreement = (open: () => DeliveryLog, numRuns: number) =>
  fc.assert(
    fc.asyncProperty(operations, (all) => agrees(open(), nameOf(), all)),
    { numRuns },
  )

describe('the delivery log in process', () => {
  const delivery = deliveryOver(memoryStore())
  afterAll(() => delivery.close())

  it('does what the model does, whatever the order', () => agreement(() => delivery, 150))
})

describeRedis('the delivery log in Redis', () => {
  let server: RedisServer
  let delivery: DeliveryLog
  beforeAll(async () => {
    server = await startRedis()
    delivery = redisDelivery(server.url)
  })
  afterAll(async () => {
    await delivery.close()
    await server.close()
  })

  it('does what the model does, whatever the order', () => agreement(() => delivery, 100))

  it.each([true, false])(
    'holds DELIVERY-LOG-1 to DELIVERY-LOG-5 with nine calls at once, exclusive: %s',
    async (exclusive) => {
      for (let run = 0; run < 30; run += 1) await holds(delivery, nameOf(), exclusive)
    },
  )
})
