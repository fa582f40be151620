/** What the waits of a process ask of Temporal, by the rules of `src/client/polls.ts`. */
import { createPolls } from '../../src/client/polls'
import { createNotifier } from '../../src/stores/delivery/notifier'

/** Work that ends on demand, and how much of it runs. */
function works() {
  const ends: (() => void)[] = []
  let running = 0
  let most = 0
  let begun = 0
  return {
    begun: () => begun,
    most: () => most,
    async work(): Promise<void> {
      begun += 1
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running -= 1
    },
    endAll(): void {
      for (const end of ends.splice(0)) end()
    },
  }
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('POLLS-1: as many long polls stand as there are places; one that ends, or breaks, gives its place to another', async () => {
  const polls = createPolls(2)
  const { work, endAll } = works()
  const broken = polls.long(() => Promise.reject(new Error('broken')))
  await expect(broken).rejects.toThrow('broken')
  const two = [polls.long(work), polls.long(work)]
  expect(polls.standing()).toBe(2)
  expect(polls.crowded()).toBe(false)
  expect(polls.long(work)).toBeNull()
  expect(polls.crowded()).toBe(true)
  endAll()
  await Promise.all(two)
  expect(polls.standing()).toBe(0)
  expect(polls.long(async () => 'mine')).toBeInstanceOf(Promise)
})

it('POLLS-2: of short ones eight are sent at a time, and 200 a second begin at most', async () => {
  const polls = createPolls()
  const slow = works()
  const all = Array.from({ length: 20 }, () => polls.short(slow.work))
  while (slow.begun() < 20) {
    await turn()
    if (slow.begun() % 8 === 0 || slow.begun() > 16) slow.endAll()
  }
  slow.endAll()
  await Promise.all(all)
  expect(slow.most()).toBe(8)
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 60 }, () => polls.short(async () => undefined)))
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual((59 * 1_000) / 200 - 10)
})

it('POLLS-4: of queries eight stand at a time; who has had no turn in time asks nothing', async () => {
  const polls = createPolls()
  const { work, begun, most, endAll } = works()
  const all = Array.from({ length: 30 }, () => polls.query(30, work).catch((error: Error) => error.name))
  expect(await Promise.all(all)).toEqual(Array(30).fill('TooLateError'))
  endAll()
  await turn()
  await turn()
  expect([begun(), most()]).toEqual([8, 8])
})

it.each(['short', 'query'] as const)(
  'POLLS-5: a tenant that has a thousand %s ones waiting delays the others by a turn',
  async (kind) => {
    const polls = createPolls()
    const polled: string[] = []
    const ask = (tenant: string | null) => async (): Promise<void> => {
      polled.push(String(tenant))
    }
    const poll = (tenant: string | null) =>
      kind === 'short' ? polls.of(tenant).short(ask(tenant)) : polls.of(tenant).query(5_000, ask(tenant))
    const flood = Array.from({ length: 100 }, () => poll('flood'))
    const others = [poll('b'), poll(null), poll('b')]
    await Promise.all(others)
    // The eight that had begun, and one of the flood between any two of another tenant.
    const last = Math.max(polled.lastIndexOf('b'), polled.lastIndexOf('null'))
    expect(last).toBeLessThan(8 + 3 + 3)
    await Promise.all(flood)
    expect(polled).toHaveLength(103)
  },
)

it('a nudge wakes the waiters of this generation, until they leave', async () => {
  const polls = createPolls()
  const notifiers = [createNotifier(), createNotifier()]
  const notified = notifiers.map(() => 0)
  const [left, stays] = notifiers.map((notifier, index) =>
    polls.listen('g1', {
      ...notifier,
      notify: () => {
        notified[index] = (notified[index] ?? 0) + 1
      },
    }),
  )
  polls.nudge('g1')
  left?.()
  polls.nudge('g1')
  polls.nudge('g2')
  stays?.()
  polls.nudge('g1')
  expect(notified).toEqual([1, 2])
})
