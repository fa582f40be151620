import { getEventListeners } from 'node:events'
import {
  createSingleFlight,
  inTime,
  openOnce,
  orAborted,
  singleFlight,
  TooLateError,
} from '../../src/util/async'

const NEVER = new Promise<never>(() => undefined)

describe('inTime', () => {
  it('is the work where that ends in time, and TooLateError where it does not', async () => {
    await expect(inTime(60_000, Promise.resolve('done'))).resolves.toBe('done')
    await expect(inTime(1, NEVER)).rejects.toBeInstanceOf(TooLateError)
  })
})

describe('orAborted', () => {
  it('ends with the signal, by its reason or by one that is given', async () => {
    const stopped = AbortSignal.abort(new Error('its own'))
    await expect(orAborted(NEVER, stopped)).rejects.toThrow('its own')
    await expect(orAborted(NEVER, stopped, () => new Error('given'))).rejects.toThrow('given')
  })

  it('leaves nothing at a signal that lives on', async () => {
    const { signal } = new AbortController()
    await orAborted(Promise.resolve(1), signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('single flight', () => {
  it('is one call for all who ask while it runs, and another one afterwards', async () => {
    let calls = 0
    const call = singleFlight(async () => {
      calls += 1
      return calls
    })
    expect(await Promise.all([call(), call()])).toEqual([1, 1])
    expect(await call()).toBe(2)
  })

  it('distinguishes calls of different names', async () => {
    const flight = createSingleFlight<string>()
    const both = [flight('a', async () => 'of a'), flight('b', async () => 'of b')]
    expect(await Promise.all(both)).toEqual(['of a', 'of b'])
  })
})

describe('openOnce', () => {
  it('opens at the first call, and once', async () => {
    let opens = 0
    const one = openOnce(async () => {
      opens += 1
      return opens
    })
    expect(await one.opened()).toBeNull()
    expect(await Promise.all([one.get(), one.get()])).toEqual([1, 1])
    expect(await one.opened()).toBe(1)
  })

  it('opens again after a try that has failed', async () => {
    const tries = [Promise.reject(new Error('not yet')), Promise.resolve('open')]
    const one = openOnce(() => tries.shift() ?? NEVER)
    await expect(one.get()).rejects.toThrow('not yet')
    expect(await one.opened()).toBeNull()
    await expect(one.get()).resolves.toBe('open')
  })
})
