import { DAY_MS, MINUTE_MS } from '../../src/domain/limits/limit'
import { createMeter, type Meter } from '../../src/limits/meter'

const NOW = 1_000_000_000
const ofMinute = (amount: number): Meter => createMeter({ unit: 'requests', amount, windowMs: MINUTE_MS })

/** How many go within a time, each as soon as it may. */
function goes(meter: Meter, fromMs: number, untilMs: number): number {
  let count = 0
  for (let now = NOW + fromMs; now < NOW + untilMs; now += 10)
    while (meter.waitMs(1, now) === 0) {
      meter.take(1, now)
      count += 1
    }
  return count
}

test('half of a limit goes at once, the rest at the rate at which it comes back', () => {
  const meter = ofMinute(600)
  expect(goes(meter, 0, 10)).toBeLessThanOrEqual(302)
  expect(goes(meter, 10, 10_010)).toBeLessThanOrEqual(102)
})

test('METER-1 no minute has more than the limit', () => {
  const meter = ofMinute(600)
  expect(goes(meter, 0, 60_000)).toBeLessThanOrEqual(600)
  expect(goes(meter, 60_000, 120_000)).toBeLessThanOrEqual(600)
})

test('METER-2 what the provider says is left goes before what was counted, and what was sent since is subtracted', () => {
  const meter = ofMinute(600)
  const first = meter.take(1, NOW)
  meter.take(1, NOW + 1)
  meter.measure({ amount: 600, remaining: 1, resetMs: null }, first, NOW + 10)
  expect(meter.waitMs(1, NOW + 10)).toBeGreaterThan(0)
})

test('METER-2 an older answer that comes late changes nothing', () => {
  const meter = ofMinute(600)
  const first = meter.take(1, NOW)
  const second = meter.take(1, NOW + 100)
  meter.measure({ amount: 600, remaining: 590, resetMs: null }, second, NOW + 200)
  meter.measure({ amount: 600, remaining: 0, resetMs: null }, first, NOW + 5_000)
  expect(meter.waitMs(1, NOW + 5_000)).toBe(0)
})

test('METER-3 three workers that know nothing of each other take all together no more than the limit', () => {
  const workers = [ofMinute(600), ofMinute(600), ofMinute(600)]
  for (const meter of workers) meter.share({ used: null, at: NOW, share: 1 / 3 })
  expect(workers.reduce((sum, meter) => sum + goes(meter, 0, 60_000), 0)).toBeLessThanOrEqual(600)
})

test('METER-4 a limit of a day is not paced: all of it goes at once, and then nothing till its end', () => {
  const meter = createMeter({ unit: 'requests', amount: 100, windowMs: DAY_MS })
  const first = meter.take(1, NOW)
  meter.measure({ amount: 100, remaining: 20, resetMs: 3_600_000 }, first, NOW)
  expect(goes(meter, 0, 10)).toBe(20)
  expect(meter.waitMs(1, NOW + 10)).toBeGreaterThan(3_000_000)
})

test('METER-4 a configured limit of a day, of which no header says anything, is counted', () => {
  const meter = createMeter({ unit: 'requests', amount: 10, windowMs: DAY_MS })
  expect(goes(meter, 0, 1_000)).toBe(10)
  expect(meter.waitMs(1, NOW + 1_000)).toBeGreaterThan(60_000)
})

test('METER-5 a provider that refuses below the configured limit gets fewer, and more again after a while', () => {
  const meter = ofMinute(600)
  meter.refused(NOW)
  meter.refused(NOW + 10)
  const after = goes(meter, 0, 60_000)
  expect(after).toBeLessThan(560)
  expect(after).toBeGreaterThan(480)
  expect(goes(meter, 600_000, 660_000)).toBeGreaterThan(560)
})

test('a limit that shrinks, and grows again, is followed', () => {
  const meter = ofMinute(600)
  const first = meter.take(1, NOW)
  meter.measure({ amount: 60, remaining: 59, resetMs: null }, first, NOW)
  expect(goes(meter, 0, 60_000)).toBeLessThanOrEqual(60)
  const later = meter.take(1, NOW + 120_000)
  meter.measure({ amount: 6_000, remaining: 5_999, resetMs: null }, later, NOW + 120_000)
  expect(goes(meter, 120_000, 120_010)).toBeGreaterThan(2_000)
})

test('a call that is larger than the limit goes when nearly all of it is free', () => {
  const meter = createMeter({ unit: 'tokens', amount: 1_000, windowMs: MINUTE_MS })
  expect(meter.waitMs(5_000, NOW)).toBe(0)
  meter.take(5_000, NOW)
  expect(meter.waitMs(1, NOW + 1_000)).toBeGreaterThan(0)
})

test('what a call has cost in the end replaces what was reserved for it', () => {
  const meter = createMeter({ unit: 'tokens', amount: 1_000, windowMs: MINUTE_MS })
  const taken = meter.take(900, NOW)
  expect(meter.waitMs(300, NOW)).toBeGreaterThan(0)
  meter.settle(taken, 100)
  expect(meter.used(NOW)).toBe(100)
  expect(meter.waitMs(300, NOW)).toBe(0)
})
