/** The meters of a whole fleet, against providers that enforce their limit. */
import { type FleetOptions, runFleet } from '../helpers/limits-fleet'

const RPM = { unit: 'requests', amount: 600, windowMs: 60_000 } as const
const MINUTES = 3

const SHAPES = {
  'all at once at every worker': (_worker: number, now: number) => (now === 0 ? 1_000 : 0),
  'more than the limit, evenly': (_worker: number, now: number) => (now % 200 === 0 ? 1 : 0),
  'all at one worker': (worker: number, now: number) => (worker === 0 && now === 0 ? 3_000 : 0),
  'almost all at one worker': (worker: number, now: number) => (worker === 0 || now % 3_000 === 0 ? 1 : 0),
  'bursts every minute': (_worker: number, now: number) => (now % 60_000 === 0 ? 300 : 0),
}

const fleet = (options: Partial<FleetOptions>) =>
  runFleet({
    workers: 3,
    limit: RPM,
    enforced: 'bucket',
    headers: true,
    sharing: true,
    latencyMs: 2_000,
    arrivals: SHAPES['all at once at every worker'],
    untilMs: MINUTES * 60_000,
    ...options,
  })

describe.each(Object.entries(SHAPES))('%s', (_name, arrivals) => {
  test.each([
    ['bucket', true],
    ['window', true],
    ['window', false],
  ] as const)(
    'of a %s provider (headers: %s) under 1 % is refused, and nine tenths of the limit are used',
    (enforced, headers) => {
      const { refused, sent, answered } = fleet({ enforced, headers, arrivals })
      expect(refused / sent).toBeLessThan(0.01)
      expect(answered).toBeGreaterThan(0.88 * MINUTES * RPM.amount)
    },
  )
})
