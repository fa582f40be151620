/** What one worker keeps and reports of a provider, also when messages are lost or the clock is set. */
import { type Call, createLocalView, type LocalView } from '../../src/circuits/local-view'
import { createReporter } from '../../src/circuits/reporter'
import { createSnapshot } from '../../src/circuits/snapshot'
import { type PublishedCircuits, publish } from '../../src/contract/circuits'
import {
  newProviderCircuits,
  type ProviderCircuits,
  reduceProvider,
} from '../../src/domain/circuits/provider-circuits'
import { policyOf, silent } from '../helpers/boards'
import { until } from '../helpers/sockets'

const START = 1_700_000_000_000
const HOUR_MS = 3_600_000
const ALONE = { count: () => 1, rank: () => 0, refresh: async () => undefined }

const view = (circuits: () => ProviderCircuits): LocalView =>
  createLocalView('w', { circuits, reachable: () => true, workers: () => 50 })

const calling = (ok: boolean, scope = 'm'): Call => ({
  scope,
  ok,
  connection: false,
  failureClass: ok ? undefined : 'server_error',
  version: 0,
  policy: policyOf(),
})

const watched = (at: number): ProviderCircuits =>
  reduceProvider(
    newProviderCircuits(),
    {
      type: 'reported',
      holds: [],
      reports: [
        {
          scope: 'm',
          version: 0,
          policy: policyOf(),
          report: {
            worker: 'other',
            workers: 50,
            calls: 1,
            failures: 1,
            trailingFailures: 1,
            connectionFailures: 0,
          },
        },
      ],
    },
    at,
  )

it('while a target is watched every success is reported, however long a turn takes', () => {
  const local = view(() => watched(START))
  // Fifty workers: a turn comes every 5.5 s.
  for (let at = 0; at < 5_500; at += 100) expect(local.count(calling(true), START + at)).toBe(true)
  expect(local.take(START + 5_500)?.reports).toMatchObject([{ report: { calls: 55, failures: 0 } }])
})

it('while nothing is watched two seconds are kept', () => {
  let circuits = newProviderCircuits()
  const local = view(() => circuits)
  for (let at = 0; at < 5_500; at += 100) expect(local.count(calling(true), START + at)).toBe(false)
  circuits = watched(START)
  expect(local.take(START + 5_500)?.reports[0]?.report.calls).toBeLessThanOrEqual(21)
})

it('a hold that nobody confirmed holds and is reported again, though it ends no later', () => {
  const local = view(newProviderCircuits)
  const hold = { scope: 'm', until: START + 20_000, reason: 'rate_limited' }
  expect(local.hold(hold, START)).toBe(true)
  // This report is lost.
  expect(local.take(START)?.holds).toEqual([hold])
  expect(local.hold(hold, START + 1_000)).toBe(false)
  expect(local.blocked(['m'], START + 2_500)).toBeNull()
  expect(local.hold(hold, START + 2_500)).toBe(true)
  expect(local.blocked(['m'], START + 2_600)).not.toBeNull()
  expect(local.take(START + 2_600)?.holds).toEqual([hold])
})

it('of models that callers make up only the last 500 are kept (LOCAL-VIEW-4)', () => {
  const local = view(newProviderCircuits)
  for (let n = 0; n < 2_000; n++) local.count(calling(false, `made-up-${n}`), START)
  const reports = local.take(START)?.reports ?? []
  expect(reports).toHaveLength(500)
  expect(reports.at(-1)?.scope).toBe('made-up-1999')
})

describe('the snapshot', () => {
  const onUnreadable = (): void => undefined
  const published = (floor: number): PublishedCircuits => publish({ ...newProviderCircuits(), floor }, 1)

  it('keeps what it read while an older read was under way', async () => {
    const answers: ((read: PublishedCircuits) => void)[] = []
    const read = () => new Promise<PublishedCircuits>((resolve) => answers.push(resolve))
    const snapshot = createSnapshot({
      provider: 'p',
      peers: ALONE,
      read,
      logger: silent,
      onUnreadable,
      now: Date.now,
    })
    const reading = snapshot.fresh(0)
    await until(() => answers.length > 0)
    snapshot.accept(published(2))
    answers[0]?.(published(1))
    await reading
    expect(snapshot.circuits().floor).toBe(2)
  })

  it.each([
    ['at once', 1],
    ['at its next turn', 21],
  ])('reads again %s when the clock was set back, of %d workers', async (_when, count) => {
    const begunAt = Date.now()
    let back = 0
    let reads = 0
    const read = async () => published(++reads)
    const snapshot = createSnapshot({
      provider: 'p',
      peers: { ...ALONE, count: () => count },
      read,
      logger: silent,
      onUnreadable,
      now: () => START + Date.now() - begunAt - back,
    })
    const readAgain = async (times: number): Promise<void> => {
      await snapshot.fresh()
      await until(() => reads === times)
    }
    await readAgain(1)
    back = HOUR_MS
    await readAgain(2)
  })
})

it('a reporter goes on when the clock was set back', async () => {
  let setBackMs = 0
  let flushed = 0
  const reporter = createReporter({
    peers: ALONE,
    flush: async () => {
      flushed += 1
    },
    now: () => Date.now() - setBackMs,
  })
  reporter.arm()
  await until(() => flushed === 1, 3_000)
  setBackMs = HOUR_MS
  reporter.arm()
  await until(() => flushed === 2, 3_000)
  await reporter.close()
})
