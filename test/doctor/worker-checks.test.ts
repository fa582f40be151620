/** Workers as Temporal knows them: none, well, frozen, and of which build. Real processes. */
import { randomUUID } from 'node:crypto'
import { buildFindings } from '../../src/doctor/worker-checks'
import { clockFinding, liveFinding, type ReportedWorker } from '../../src/doctor/worker-heartbeats'
import { commands } from '../helpers/commands'
import { type DoctorStand, doctorStand, KEYLESS, of, unwell } from '../helpers/doctor'
import { until } from '../helpers/processes'
import { testServer } from '../helpers/temporal'

let doctor: DoctorStand
const host = commands()
beforeAll(() => {
  doctor = doctorStand(KEYLESS)
})
afterAll(async () => {
  doctor.close()
  await host.close()
})

const { address } = testServer()

it('without a worker that is an error with the command that starts one, and what needs one is skipped', async () => {
  const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: `nobody-${randomUUID()}` }
  const findings = await doctor.findings(['workers', 'circuits'], env)
  expect(unwell(findings)).toEqual([
    'error workers.polling',
    // One for each provider.
    'warn circuits.readable',
    'warn circuits.readable',
  ])
  expect(of(findings, 'workers.polling')[0]).toMatchObject({
    message: expect.stringContaining(`no worker polls the task queue ${env.HOLDFAST_TASK_QUEUE}`),
    fix: expect.stringContaining(`HOLDFAST_TASK_QUEUE=${env.HOLDFAST_TASK_QUEUE} holdfast worker`),
  })
  expect(of(findings, 'workers.answering')[0]?.message).toBe('not looked at: see workers.polling')
})

it('a worker that runs is well; frozen, it polls on and answers nothing, which is an error; killed and gone, nobody polls for its build', async () => {
  const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: `frozen-${randomUUID()}` }
  const file = host.file('holdfast.yaml', KEYLESS)
  const worker = host.run(['worker', '--config', file], env)
  await worker.says(/Worker ready/)
  // Temporal knows of its first poll a moment later.
  await until(
    'it polls',
    async () => unwell(await doctor.findings(['workers.polling'], env)).length === 0,
    30_000,
  )
  const well = await doctor.findings(['workers', 'circuits'], env)
  expect(unwell(well)).toEqual([])
  expect(of(well, 'workers.polling')[0]?.message).toMatch(/^1 worker polls \(\d+@.*\) the task queue frozen-/)
  expect(of(well, 'workers.builds')[0]?.message).toMatch(
    /new generations go to build [0-9a-f]{12}, whose workers poll/,
  )

  worker.kill('SIGSTOP')
  const frozen = await doctor.findings(['workers'], env)
  worker.kill('SIGCONT')
  expect(unwell(frozen)).toEqual(['error workers.answering'])
  expect(of(frozen, 'workers.answering')[0]?.message).toMatch(
    /no worker answered a query of circuit-alpha@frozen-/,
  )

  worker.kill('SIGKILL')
  await worker.exited
  // Two minutes later, by this machine's clock: a run of two minutes would show the same.
  const later = await doctor.findings(['workers.polling', 'workers.builds'], env, {
    now: laterBy(120_000),
  })
  expect(unwell(later)).toEqual(['error workers.polling'])
  expect(of(later, 'workers.polling')[0]?.message).toMatch(/the last poll was 2 min( \d+ s)? ago/)
}, 120_000)

/** From the second reading on: the clock steps after it was compared with Temporal's. */
function laterBy(ms: number): () => number {
  let readings = 0
  return () => {
    readings += 1
    return Date.now() + (readings > 2 ? ms : 0)
  }
}

const NOW = Date.UTC(2026, 10, 28)
const worker = (agoMs: number, more: Partial<ReportedWorker> = {}): ReportedWorker => ({
  identity: 'w1',
  running: true,
  heartbeatAt: NOW - agoMs,
  lastPollAt: NOW - 10_000,
  ...more,
})

describe("by the workers' own reports", () => {
  it('a clock that is ahead by more than a second is a warning with how much', () => {
    expect(clockFinding([worker(-90_000)], NOW)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('w1 is ahead by at least 1 min 30 s'),
    })
    expect(clockFinding([worker(-500), worker(59_000)], NOW)).toMatchObject({ status: 'ok' })
  })

  it('a clock is behind where the last report is old and the worker still polls', () => {
    expect(clockFinding([worker(200_000)], NOW)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('w1 is behind by at least 1 min 50 s'),
    })
    expect(clockFinding([worker(200_000, { lastPollAt: NOW - 180_000 })], NOW)).toMatchObject({
      status: 'ok',
    })
  })

  it('one that neither reports nor polls and did not say that it ends is named; one that said so is not', () => {
    const silent = worker(180_000, { identity: 'w2', lastPollAt: NOW - 170_000 })
    expect(liveFinding([worker(5_000), silent], NOW)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(
        '1 of 2 workers is silent and did not say that they end: w2 (for 3 min)',
      ),
    })
    expect(liveFinding([worker(5_000), { ...silent, running: false }], NOW)).toMatchObject({ status: 'ok' })
  })

  it('where nobody has reported, or the server takes no reports, nothing is said', () => {
    for (const workers of [[], null, [worker(0, { running: false })]]) {
      expect(liveFinding(workers, NOW)).toMatchObject({ status: 'skipped' })
      expect(clockFinding(workers, NOW)).toMatchObject({ status: 'skipped' })
    }
  })
})

describe('builds', () => {
  const facts = {
    namespace: 'default',
    name: 'queue',
    current: 'new',
    pinned: [{ buildId: 'old', count: 2 }],
  }
  const statuses = (pollers: { buildId: string | null; standIn: boolean }[], more = {}) =>
    buildFindings({ ...facts, pollers, ...more }).map(({ status, message }) => `${status} ${message}`)
  const own = { buildId: 'new', standIn: false }

  it('generations of an earlier build that nobody runs are a warning; a stand-in runs them', () => {
    expect(statuses([own])).toEqual([
      'ok new generations go to build new, whose workers poll',
      'warn 2 running generations are pinned to the earlier build old, which nobody runs',
    ])
    expect(statuses([own, { buildId: 'old', standIn: true }])[1]).toMatch(/^ok .* which workers still run$/)
  })

  it('a current build without workers of its own is an error, also where a stand-in polls for it, and where workers name none', () => {
    const message = 'error new generations go to build new, and none of its workers polls'
    expect(statuses([{ buildId: 'old', standIn: false }], { pinned: [] })).toEqual([message])
    expect(statuses([{ buildId: 'new', standIn: true }], { pinned: [] })).toEqual([message])
    expect(statuses([own], { current: null, pinned: [] })).toEqual([
      'error new generations go to workers without a build, and none of its workers polls',
    ])
    expect(statuses([{ buildId: null, standIn: false }], { current: null, pinned: [] })[0]).toMatch(/^ok /)
  })
})
