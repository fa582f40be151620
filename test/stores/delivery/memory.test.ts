/** The delivery log in process: what it holds is bounded, and nobody waits for what was dropped. */
import { deliveryOver } from '../../../src/stores/delivery/log'
import { MEMORY_LIMITS, memoryStore } from '../../../src/stores/delivery/memory'
import type { DeliveryLog } from '../../../src/stores/delivery/types'
import { commitOf, epochOf, reading, recordOf, restarted, said, writerAt } from '../../helpers/delivery'
import { until } from '../../helpers/processes'

const KB = 1024
let delivery: DeliveryLog
const start = (limits: Partial<typeof MEMORY_LIMITS>) => {
  delivery = deliveryOver(memoryStore({ ...MEMORY_LIMITS, ...limits }))
}
afterEach(() => delivery.close())

const answered = async (log: string, text: string) => {
  const writer = await writerAt(delivery, log, epochOf(1))
  await writer.append([said(text)])
  await writer.commit(commitOf(text))
}
/** How it would be opened by a later call. */
const stateOf = async (log: string) => (await delivery.open(log, epochOf(9), true)).state

it('an answered log is forgotten after a while, and its slow reader ends', async () => {
  start({ committedMs: 50 })
  let go = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    go = resolve
  })
  await answered('log', 'x')
  const writer = await writerAt(delivery, 'long', epochOf(1))
  for (let n = 0; n < 600; n += 1) await writer.append([said('x')])
  const slow = reading(delivery, 'long', 0, () => opened)
  await until('it reads', () => slow.delivered.length === 1)
  await writer.commit(commitOf('x'.repeat(600)))
  await until('it is forgotten', async () => (await writer.commit(commitOf('y')).catch(() => null)) === null)
  go()
  await slow.ended
  expect(slow.delivered).toHaveLength(500)
  expect(await stateOf('log')).toBe('open')
})

it('a log that waits for its next call keeps its words for those who read, however long', async () => {
  start({ committedMs: 20, idleMs: 20 })
  const read = reading(delivery, 'read')
  for (const log of ['read', 'unread']) await (await writerAt(delivery, log, epochOf(1))).append([said('x')])
  await until('the unread one has lost its words', async () => {
    const aborter = new AbortController()
    const ended = (async () => {
      for await (const _ of delivery.read('unread', 1, aborter.signal)) return false
      return !aborter.signal.aborted
    })()
    setImmediate(() => aborter.abort())
    return ended
  })
  await (await writerAt(delivery, 'read', epochOf(1, 2))).commit(commitOf('xy'))
  await read.ended
  expect(read.delivered.map(({ position }) => position)).toEqual([1, 2])
})

it('over its bytes it drops what was used least lately, and last what is being read', async () => {
  start({ maxBytes: 400 * KB })
  const text = 'x'.repeat(10 * KB)
  const first = await writerAt(delivery, 'first', epochOf(1))
  await first.append([said(text)])
  const read = reading(delivery, 'first')
  for (let n = 0; n < 30; n += 1) await answered(`log-${n}`, text)
  expect(await stateOf('log-0')).toBe('open')
  expect(await stateOf('log-29')).toBe('committed')
  await first.append([said('end')])
  await first.commit(commitOf(`${text}end`))
  await read.ended
  expect(read.text()).toBe(`${text}end`)
})

it('a log larger than the limit of all loses its text for good, and still distinguishes its calls', async () => {
  start({ maxBytes: 100 * KB })
  const writer = await writerAt(delivery, 'log', epochOf(1))
  await writer.append([said('x')])
  const read = reading(delivery, 'log')
  await until('it reads', () => read.delivered.length === 1)
  expect(await writer.append([said('x'.repeat(60 * KB))])).toBe('appended')
  await read.ended
  expect(await writer.append([said('x')])).toBe('appended')
  await reading(delivery, 'log').ended
  const next = await writerAt(delivery, 'log', epochOf(1, 2))
  expect(next.text).toBe('')
  expect(await writer.commit(commitOf('x'))).toBeNull()
  await next.append([restarted(), said('y')])
  await next.fail(recordOf())
  const last = await writerAt(delivery, 'log', epochOf(2))
  expect(await last.commit(commitOf('z'))).toEqual(commitOf('z'))
  expect(await stateOf('log')).toBe('committed')
})

it('keeps nothing of 20,000 logs that were only read', async () => {
  start({ maxBytes: 1 })
  const heapOf = () => {
    global.gc?.()
    return process.memoryUsage().heapUsed
  }
  const before = heapOf()
  for (let n = 0; n < 20_000; n += 1) await reading(delivery, `log-${n}`).stop()
  expect(heapOf() - before).toBeLessThan(32 * KB * KB)
})
