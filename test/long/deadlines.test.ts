/** Guards and deadlines by the numbers: within 100 ms, for a machine that does nothing else. */
import { DEADLINES, deadlineLateMs, GUARD_NAMES, guardLateMs, hang, startGuards } from '../helpers/guards'
import { median } from '../helpers/overlap'
import type { Stack } from '../helpers/stack'

const TIMES = 9

let stack: Stack
beforeAll(async () => {
  stack = await startGuards()
  hang(stack)
}, 60_000)
afterAll(() => stack?.close())

async function lateMs(name: string, once: () => Promise<number>): Promise<number> {
  const late: number[] = []
  for (let n = 0; n < TIMES; n += 1) late.push(await once())
  process.stderr.write(`${name}: late by ${late.join(', ')} ms\n`)
  return median(late)
}

it.each(GUARD_NAMES)('the guard %s', async (guard) => {
  expect(await lateMs(guard, () => guardLateMs(stack, guard))).toBeLessThanOrEqual(100)
})

it.each(DEADLINES)('the deadline: %s', async (route) => {
  expect(await lateMs(route, () => deadlineLateMs(stack, route))).toBeLessThanOrEqual(100)
})
