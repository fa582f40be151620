import { createSlots } from '../src/worker/slots'

/** Takes so many; what gives them back. */
const take = (slots: ReturnType<typeof createSlots>, provider: string, count: number) =>
  Array.from({ length: count }, () => slots.take(provider))

describe("a worker's slots", () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [7, 3],
    [400, 200],
  ])('of %s one provider has at most %s', (total, most) => {
    const slots = createSlots(total)
    const taken = take(slots, 'a', total + 1).filter((leave) => leave !== null)
    expect(taken).toHaveLength(most)
  })

  it('a provider that has its share leaves the others theirs', () => {
    const slots = createSlots(4)
    expect(take(slots, 'a', 3)).toEqual([expect.any(Function), expect.any(Function), null])
    expect(take(slots, 'b', 3)).toEqual([expect.any(Function), expect.any(Function), null])
  })

  it('one that is given back can be taken again', () => {
    const slots = createSlots(4)
    const [first] = take(slots, 'a', 2)
    expect(slots.take('a')).toBeNull()
    first?.()
    expect(slots.take('a')).not.toBeNull()
    expect(slots.take('a')).toBeNull()
  })

  it('is given back once, however often that is said', () => {
    const slots = createSlots(4)
    const [first] = take(slots, 'a', 2)
    first?.()
    first?.()
    expect(take(slots, 'a', 2)).toEqual([expect.any(Function), null])
  })

  it('a name that every object has is a provider like any other', () => {
    expect(createSlots(2).take('constructor')).not.toBeNull()
  })
})
