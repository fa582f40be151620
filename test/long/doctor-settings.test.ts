/** The settings as they are seen from outside: a server that has them, and one that has its own defaults. */
import { connectClient } from '../../src/temporal/connection'
import { type DoctorStand, doctorStand, KEYLESS, of, unwell } from '../helpers/doctor'
import { startPlainServer } from '../helpers/plain-server'
import { testServer } from '../helpers/temporal'

let doctor: DoctorStand
beforeAll(() => {
  doctor = doctorStand(KEYLESS)
})
afterAll(() => doctor.close())

it('a server with its own defaults: each setting that can be seen is a warning that names it, and it is measured', async () => {
  const server = await startPlainServer()
  try {
    const findings = await doctor.findings(['settings'], { TEMPORAL_ADDRESS: server.address })
    expect(unwell(findings).filter((one) => one !== 'warn settings.dispatch')).toEqual([
      'warn settings.timers',
      'warn settings.cancellation',
      'warn settings.keepalive',
      'warn settings.partitions',
    ])
    expect(of(findings, 'settings.timers')[0]?.message).toMatch(/a timer of 300 ms took (9|1[0-4])\d\d ms/)
    expect(of(findings, 'settings.timers')[0]?.fix).toContain('history.timerProcessorMaxTimeShift: 20ms')
    // A machine that is too busy to ask quickly enough says so: never that all is well.
    const [dispatch] = of(findings, 'settings.dispatch')
    expect(dispatch?.message).toMatch(/the last ones took \d+\.\d ms|too few in that time to see it/)
    expect(dispatch?.status).toBe(dispatch?.message.includes('too few') ? 'skipped' : 'warn')
    expect(of(findings, 'settings.partitions')[0]?.message).toContain('has 4 parts')
  } finally {
    await server.stop()
  }
}, 60_000)

it('a server with our settings has none of these warnings, and the probe leaves no run behind', async () => {
  const { address, namespace } = testServer()
  const findings = await doctor.findings(['settings', 'clock.here'], { TEMPORAL_ADDRESS: address })
  // Other tests make deployments, and a server that is starved by them looks as one without the settings.
  const others = ['warn settings.deployments', 'warn settings.dispatch']
  expect(unwell(findings).filter((one) => !others.includes(one))).toEqual([])
  const connection = await connectClient({ address })
  const query = "WorkflowType = 'holdfast-doctor' AND ExecutionStatus = 'Running'"
  const { executions } = await connection.workflowService.listWorkflowExecutions({ namespace, query })
  await connection.close()
  expect(executions ?? []).toEqual([])
}, 30_000)

it("a clock that is a minute ahead is a warning with the minute in it; one that is behind too, and this machine's is none", async () => {
  const { address } = testServer()
  const clock = async (aheadMs: number) =>
    of(
      await doctor.findings(
        ['clock.here'],
        { TEMPORAL_ADDRESS: address },
        { now: () => Date.now() + aheadMs },
      ),
      'clock.here',
    )[0]
  expect(await clock(60_000)).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/clock is (59|60)\d\d\d ms ahead of Temporal's/),
  })
  expect(await clock(-5_000)).toMatchObject({ status: 'warn', message: expect.stringContaining('behind') })
  expect(await clock(0)).toMatchObject({ status: 'ok' })
}, 30_000)
