/** A worker's slots: SLOTS-1 to SLOTS-4 of src/worker/slots.ts. */
import { createSlots } from '../../src/worker/slots'

type Slots = ReturnType<typeof createSlots>
const never = new AbortController().signal
const NOW = { limitMs: 0, signal: never }
const WAIT = { limitMs: 60_000, signal: never }

/** Takes so many, without waiting; what gives them back. */
const take = (slots: Slots, provider: string, count: number, tenant: string | null = null) =>
  Promise.all(Array.from({ length: count }, () => slots.take(provider, tenant, NOW)))
const taken = async (...given: Parameters<typeof take>) =>
  (await take(...given)).filter((leave) => leave !== null)

describe("a worker's slots", () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [7, 3],
    [400, 200],
  ])('SLOTS-1: of %s one provider has at most %s', async (total, most) => {
    expect(await taken(createSlots(total), 'a', total + 1)).toHaveLength(most)
  })

  it('SLOTS-1: a provider that has its share leaves the others theirs', async () => {
    const slots = createSlots(4)
    expect(await taken(slots, 'a', 3)).toHaveLength(2)
    expect(await taken(slots, 'b', 3)).toHaveLength(2)
  })

  it('SLOTS-1: half as many as run may wait; who comes then goes back at once', async () => {
    const slots = createSlots(8)
    await take(slots, 'a', 4)
    const waiting = [0, 1].map(() => slots.take('a', null, WAIT))
    expect(await slots.take('a', null, WAIT)).toBeNull()
    expect(await Promise.race([...waiting, 'still'])).toBe('still')
  })

  it('SLOTS-2: who waits gets what is given back, in order', async () => {
    const slots = createSlots(8)
    const [first, second] = await take(slots, 'a', 4)
    const order: number[] = []
    const waiting = [1, 2].map((n) => slots.take('a', null, WAIT).then(() => order.push(n)))
    first?.()
    second?.()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2])
    expect(await taken(slots, 'a', 1)).toHaveLength(0)
  })

  it('SLOTS-2: of several tenants the one with the fewest calls goes first, whenever it came', async () => {
    const slots = createSlots(8)
    const held = await take(slots, 'a', 4, 'flood')
    const order: string[] = []
    const waits = (tenant: string) => slots.take('a', tenant, WAIT).then(() => order.push(tenant))
    const waiting = [waits('flood'), waits('other')]
    held[0]?.()
    await waiting[1]
    held[1]?.()
    await waiting[0]
    expect(order).toEqual(['other', 'flood'])
  })

  it('SLOTS-2: a wait ends with its time or its signal, and leaves its place', async () => {
    const slots = createSlots(2)
    const [held] = await take(slots, 'a', 1)
    expect(await slots.take('a', null, { limitMs: 1, signal: never })).toBeNull()
    const gone = new AbortController()
    const waiting = slots.take('a', null, { limitMs: 60_000, signal: gone.signal })
    gone.abort()
    expect(await waiting).toBeNull()
    held?.()
    expect(await taken(slots, 'a', 2)).toHaveLength(1)
  })

  it('SLOTS-3: a tenant that floods leaves a tenth of the slots to the others', async () => {
    const slots = createSlots(40)
    expect(await taken(slots, 'a', 30, 'flood')).toHaveLength(18)
    expect(await taken(slots, 'a', 5, 'other')).toHaveLength(2)
    expect(await taken(slots, 'a', 5, 'flood')).toHaveLength(0)
  })

  it('SLOTS-3: and a quarter of the places to wait', async () => {
    const slots = createSlots(16)
    await take(slots, 'a', 8, 'flood')
    const wait = (tenant: string) =>
      Promise.race([slots.take('a', tenant, WAIT), new Promise((resolve) => setImmediate(resolve, 'waits'))])
    const flood = await Promise.all([1, 2, 3, 4].map(() => wait('flood')))
    expect(flood).toEqual(['waits', 'waits', 'waits', null])
    expect(await wait('other')).toBe('waits')
  })

  it('SLOTS-3: without tenants all of them are in use', async () => {
    expect(await taken(createSlots(40), 'a', 30)).toHaveLength(20)
  })

  it('SLOTS-4: is given back once, however often that is said', async () => {
    const slots = createSlots(4)
    const [first] = await take(slots, 'a', 2)
    first?.()
    first?.()
    expect(await taken(slots, 'a', 2)).toHaveLength(1)
  })

  it('a name that every object has is a provider like any other', async () => {
    expect(await taken(createSlots(2), 'constructor', 1)).toHaveLength(1)
  })
})
