/** Calls, answers and readers for the tests of the delivery log. */

import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { deliveryOver } from '../../src/stores/delivery/log'
import { redisStore } from '../../src/stores/delivery/redis'
import type { LogWords } from '../../src/stores/delivery/sealed'
import type {
  Commit,
  Delivered,
  DeliveryEvent,
  DeliveryLog,
  DeliveryWriter,
  Epoch,
} from '../../src/stores/delivery/types'
import { answerOf } from './cache'
import { until } from './processes'

export const TARGET = 'alpha/m'

export const epochOf = (sequence: number, attempt = 1): Epoch => ({ sequence, attempt })
export const said = (text: string, target = TARGET) => ({ type: 'text', text, target }) as const
export const thought = (text: string) => ({ type: 'reasoning', text, target: TARGET }) as const
export const restarted = (target = TARGET) => ({ type: 'restart', target }) as const

export const recordOf = (number = 1): AttemptRecord => ({
  candidate: 0,
  target: TARGET,
  number,
  startedAt: 1,
  durationMs: 5,
})
export const commitOf = (text: string, target = TARGET): Commit => ({
  answer: answerOf(text),
  target,
  candidate: 0,
  records: [recordOf()],
  costUsd: 0.25,
  route: 'default',
})

/** Opens, and fails the test where that is refused. */
export async function writerAt(
  delivery: DeliveryLog,
  log: string,
  epoch: Epoch,
  exclusive = true,
): Promise<DeliveryWriter & { text: string; reasoned: boolean }> {
  const opened = await delivery.open(log, epoch, exclusive)
  if (opened.state !== 'open') throw new Error(`not open, but ${opened.state}`)
  return { ...opened.writer, text: opened.text, reasoned: opened.reasoned }
}

export interface Reading {
  delivered: Delivered[]
  events(): DeliveryEvent[]
  /** What a reader shows. */
  text(): string
  /** Resolves when the log has ended, or `stop` was called. Rejects if reading did. */
  ended: Promise<void>
  stop(): Promise<void>
}

/** Reads in the background. @param slowly awaited after each event. */
export function reading(
  delivery: DeliveryLog,
  log: string,
  after = 0,
  slowly: (event: Delivered) => Promise<void> = async () => undefined,
): Reading {
  const aborter = new AbortController()
  const delivered: Delivered[] = []
  const ended = (async () => {
    for await (const one of delivery.read(log, after, aborter.signal)) {
      delivered.push(one)
      await slowly(one)
    }
  })()
  ended.catch(() => undefined)
  const events = () => delivered.map(({ event }) => event)
  return {
    delivered,
    events,
    text: () => textOf(events()),
    ended,
    stop() {
      aborter.abort()
      return ended
    },
  }
}

export function textOf(events: readonly DeliveryEvent[]): string {
  const from = events.findLastIndex(({ type }) => type === 'restart')
  return events
    .slice(from + 1)
    .map((event) => (event.type === 'text' ? event.text : ''))
    .join('')
}

/** All that a log holds now; it has to be committed. */
export async function wholeLog(delivery: DeliveryLog, log: string): Promise<Delivered[]> {
  const read = reading(delivery, log)
  await read.ended
  return read.delivered
}

export const redisDelivery = (url: string, troubles: unknown[] = [], words?: LogWords): DeliveryLog =>
  deliveryOver(redisStore(url, { onTrouble: (error) => troubles.push(error), words }))

/** Waits until a store that connects in the background takes commands. */
export async function connected(delivery: DeliveryLog): Promise<DeliveryLog> {
  await until('it is connected', () =>
    delivery.open('connected', epochOf(1), true).then(
      () => true,
      () => false,
    ),
  )
  return delivery
}

/**
 * Streams an answer in pieces of 4 bytes, and reads it elsewhere.
 * @param together so many are appended without waiting.
 * @returns the milliseconds of CPU that this process took.
 */
export async function streamed(
  from: DeliveryLog,
  to: DeliveryLog,
  log: string,
  pieces: number,
  together: number,
): Promise<number> {
  const writer = await writerAt(from, log, epochOf(1))
  const read = reading(to, log)
  const before = process.cpuUsage()
  let previous: Promise<unknown> = Promise.resolve()
  for (let piece = 0; piece < pieces; piece += 1) {
    previous = writer.append([said('abc ')])
    if (piece % together === 0) await previous
  }
  await previous
  await writer.commit(commitOf('abc '.repeat(pieces)))
  await read.ended
  if (read.text() !== 'abc '.repeat(pieces)) throw new Error('it is not what was streamed')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
