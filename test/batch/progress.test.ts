/** What a person sees of a batch. */
import { PassThrough } from 'node:stream'
import { bar, createRate, progressText, showProgress, timeLeft } from '../../src/batch/progress'

const progress = { total: 500, done: 125, kept: 0, failed: 2, inFlight: 50, waiting: null }

describe('the progress of a batch', () => {
  it('shows count, rate, time left and failures', () => {
    expect(progressText(progress, 12.5)).toBe('125/500 (25%) · 13/s · 30s left · 50 in flight · 2 failed')
  })

  it('shows no time left while the rate is unknown, and the reason of a wait', () => {
    expect(progressText({ ...progress, waiting: 'no connection' }, 0)).toBe(
      '125/500 (25%) · 0.0/s · time left unknown · 50 in flight · 2 failed · waiting: no connection',
    )
  })

  it('shows no rate at the end', () => {
    expect(progressText({ ...progress, done: 500, inFlight: 0 }, 3)).toBe('500/500 (100%) · 2 failed')
    expect(progressText({ ...progress, total: 0, done: 0, failed: 0 }, 0)).toBe('0/0 (100%) · 0 failed')
  })

  it.each([
    [0, '0s'],
    [0.2, '1s'],
    [59, '59s'],
    [3_600, '1h'],
    [7_505, '2h 5m'],
    [200_000, '2d 7h'],
  ])('of %s seconds is shown as %s', (seconds, text) => {
    expect(timeLeft(seconds)).toBe(text)
  })

  it('is drawn in 24 cells', () => {
    expect(bar(progress)).toBe(`${'█'.repeat(6)}${'░'.repeat(18)}`)
    expect(bar({ ...progress, total: 0, done: 0 })).toBe('█'.repeat(24))
  })

  it('has the rate of the last half minute', () => {
    const rate = createRate()
    expect(rate(100, 0)).toBe(0)
    expect(rate(200, 10_000)).toBe(10)
    for (let second = 11; second <= 60; second += 1) rate(200, second * 1_000)
    expect(rate(200, 61_000)).toBe(0)
  })

  it('does not take what an earlier run has done for its own pace', () => {
    jest.useFakeTimers({ now: 0 })
    try {
      const stream = new PassThrough()
      const state = { ...progress, done: 0 }
      const view = showProgress(stream as unknown as NodeJS.WriteStream, state)
      Object.assign(state, { done: 350, kept: 250 })
      jest.advanceTimersByTime(10_000)
      view.stop()
      // Node 26 reads one write at a time.
      let said = ''
      for (let part = stream.read(); part !== null; part = stream.read()) said += part
      expect(said.split('\n')[1]).toBe('350/500 (70%) · 10/s · 15s left · 50 in flight · 2 failed')
    } finally {
      jest.useRealTimers()
    }
  })
})
