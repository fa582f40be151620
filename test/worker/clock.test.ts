/** CLOCK-1 to CLOCK-4 stand in src/worker/clock.ts. */
import { createWorkerClock } from '../../src/worker/clock'

describe('the worker’s clock', () => {
  const at = (wallMs: number, steadyMs = 0) => {
    const time = { wallMs, steadyMs }
    const clock = createWorkerClock(
      undefined,
      () => time.wallMs,
      () => time.steadyMs,
    )
    const passes = (ms: number): void => {
      time.wallMs += ms
      time.steadyMs += ms
    }
    return { clock, time, passes }
  }

  it('CLOCK-2: is this machine’s own before Temporal has said anything', () => {
    expect(at(5_000).clock.now()).toBe(5_000)
  })

  it('CLOCK-1: goes by the latest moment that Temporal named, whatever came late', () => {
    const { clock, passes } = at(100_000)
    clock.observed(40_000)
    expect(clock.now()).toBe(40_000)
    passes(10_000)
    // Named three seconds before it was received.
    clock.observed(47_000)
    expect(clock.now()).toBe(50_000)
    clock.observed(50_020)
    expect(clock.now()).toBe(50_020)
  })

  it('CLOCK-3: a step of this machine’s clock is not noticed, nor its being set right', () => {
    const { clock, time, passes } = at(100_000)
    clock.observed(100_000)
    time.wallMs -= 90_000
    expect(clock.now()).toBe(100_000)
    passes(10_000)
    clock.observed(110_000)
    time.wallMs += 90_000
    expect(clock.now()).toBe(110_000)
    passes(1_000)
    expect(clock.now()).toBe(111_000)
  })

  it('CLOCK-4: one that was given may be set on purpose, and what is named late does not set it back', () => {
    let time = 100_000
    const clock = createWorkerClock(() => time)
    clock.observed(100_000)
    time += 21_600_000
    clock.observed(100_000)
    expect(clock.now()).toBe(21_700_000)
  })

  it('CLOCK-1: what was named first is forgotten within a minute, should it have been ahead', () => {
    const { clock, passes } = at(100_000)
    clock.observed(130_000)
    passes(30_000)
    clock.observed(130_000)
    expect(clock.now()).toBe(160_000)
    passes(30_000)
    clock.observed(160_000)
    expect(clock.now()).toBe(160_000)
  })
})
