/** How many reads and signals one entity gets, and how soon a probe starts, for each size of fleet: the real boards in virtual time. */
import { DEFAULT_CIRCUIT, DEFAULT_CONSECUTIVE } from '../../src/config/defaults'
import { mostInASecond } from '../helpers/boards'
import { startFleet } from '../helpers/fleet'

const POLICY = { ...DEFAULT_CIRCUIT, consecutive: DEFAULT_CONSECUTIVE }
const DOWN_FROM_MS = 5_000
const DOWN_FOR_MS = 35_000
const AFTER_MS = 12_000

beforeEach(() => {
  jest.useFakeTimers({ now: 1_700_000_000_000 })
})
afterEach(() => {
  jest.useRealTimers()
})

const even = (perSecond: number) => () => perSecond
/** Only so many of the workers have traffic, spread over the fleet. */
const some = (every: number, perSecond: number) => (rank: number) =>
  rank % every === 7 % every ? perSecond : 0

it.each([
  ['1 worker', 1, even(20)],
  ['3 workers', 3, even(10)],
  ['20 workers', 20, even(2)],
  ['500 busy workers', 500, even(1)],
  ['500 workers that share 20 calls a second', 500, even(0.04)],
  ['50 of 500 workers, all the others idle', 500, some(10, 5)],
  ['5 of 500 workers, all the others idle', 500, some(100, 10)],
])(
  '%s: at most 20 reads and 10 signals a second, and a probe within a second',
  async (_name, workers, load) => {
    const down = (at: number): boolean => at >= DOWN_FROM_MS && at < DOWN_FROM_MS + DOWN_FOR_MS
    const fleet = startFleet({
      workers,
      callsPerSecond: load,
      policy: POLICY,
      down,
      seed: workers,
    })
    await fleet.run(DOWN_FROM_MS + DOWN_FOR_MS + AFTER_MS)
    expect(mostInASecond(fleet.reads)).toBeLessThanOrEqual(20)
    expect(mostInASecond(fleet.signals)).toBeLessThanOrEqual(10)
    expect(mostInASecond(fleet.permitRequests)).toBeLessThanOrEqual(30)
    expect(fleet.probeDelays.length).toBeGreaterThanOrEqual(3)
    expect(Math.max(...fleet.probeDelays)).toBeLessThanOrEqual(1_000)
    expect(fleet.state().models.m?.phase.name ?? 'closed').toBe('closed')
  },
)
