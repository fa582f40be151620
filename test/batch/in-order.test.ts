/** What a batch holds in memory, whatever its size. */
import { inOrder } from '../../src/batch/in-order'

describe('what is in memory', () => {
  const signal = new AbortController().signal
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let at = 0; at < count; at += 1) yield at
  }

  it('is bounded, in flight and ahead of one that is slow', async () => {
    let release: () => void = () => undefined
    const slow = new Promise<void>((resolve) => {
      release = resolve
    })
    let begun = 0
    let now = 0
    let most = 0
    const act = async (item: number): Promise<number> => {
      begun += 1
      now += 1
      most = Math.max(most, now)
      await (item === 0 ? slow : new Promise(setImmediate))
      now -= 1
      return item
    }
    const limits = { inFlight: 5, ahead: 20, aheadBytes: 1_000 }
    const given: number[] = []
    const reading = (async () => {
      for await (const item of inOrder(numbers(100), { act, sizeOf: () => 1, limits, signal }))
        given.push(item)
    })()
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
    expect({ begun, given: given.length }).toEqual({ begun: 20, given: 0 })
    release()
    await reading
    expect(given).toEqual(Array.from({ length: 100 }, (_, item) => item))
    expect(most).toBe(5)
  })

  it('is bounded by the size of the results, too', async () => {
    let begun = 0
    const never = new Promise<number>(() => undefined)
    const act = (item: number): Promise<number> => {
      begun += 1
      return item === 0 ? never : Promise.resolve(item)
    }
    const limits = { inFlight: 2, ahead: 1_000, aheadBytes: 30 }
    const reading = inOrder(numbers(100), { act, sizeOf: () => 10, limits, signal })
    void reading.next()
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
    expect(begun).toBe(4)
  })
})
