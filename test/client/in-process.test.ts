/** When a client may run a generation by itself, and how it knows that Temporal is away. */

import { createHealthCheck } from '../../src/client/health-check'
import { inProcessRunner } from '../../src/client/in-process'
import { HoldfastError } from '../../src/contract/errors'
import type { InProcessRunner } from '../../src/contract/in-process'
import { until as eventually } from '../helpers/processes'
import { until } from '../helpers/sockets'

const runner = { run: async () => ({}), delivery: {} } as unknown as InProcessRunner
const error = (accepted: boolean | 'unknown', kind: HoldfastError['kind'] = 'unavailable') =>
  new HoldfastError({ kind, message: 'm', accepted, generationId: 'g', retryAt: 5 })
const DIRECT = { runner, mode: 'direct', named: false } as const

describe('directly', () => {
  it('runs what was certainly not accepted', () => {
    expect(inProcessRunner(error(false), DIRECT)).toBe(runner)
  })

  it.each<[string, unknown]>([
    ['may have been accepted', error('unknown')],
    ['was accepted', error(true)],
    ['is wrong', error(false, 'invalid_request')],
    ['is not ours', new Error('m')],
  ])('never runs what %s', (_, given) => {
    expect(() => inProcessRunner(given, DIRECT)).toThrow(given as Error)
  })

  it('never runs where the config does not say so', () => {
    expect(() => inProcessRunner(error(false), { ...DIRECT, mode: 'fail' })).toThrow(/^m$/)
  })

  it.each([
    ['under a key it could run twice', { ...DIRECT, named: true }],
    ['as under holdfast/embedded', { ...DIRECT, runner: undefined }],
  ])('says why it does not: %s', (reason, request) => {
    let thrown: unknown
    try {
      inProcessRunner(error(false), request)
    } catch (caught) {
      thrown = caught
    }
    expect(thrown).toMatchObject({ kind: 'unavailable', accepted: false, generationId: 'g' })
    expect((thrown as HoldfastError).message).toContain(reason)
    expect((thrown as HoldfastError).retryAt?.getTime()).toBe(5)
  })
})

describe('the health check', () => {
  /** Answers by the given mode: `true` at once, `false` not for ever. */
  const server = () => {
    const checks: ((ok: boolean) => void)[] = []
    const healthCheck = createHealthCheck(
      () =>
        new Promise((resolve, reject) => {
          checks.push((ok) => (ok ? resolve(ok) : reject(new Error('away'))))
        }),
    )
    return { healthCheck, checks }
  }

  it('asks once for all who come meanwhile, and not again within 250 ms of an answer', async () => {
    const { healthCheck, checks } = server()
    const answers = [healthCheck.healthy(), healthCheck.healthy(), healthCheck.healthy()]
    expect(checks).toHaveLength(1)
    checks[0]?.(true)
    expect(await Promise.all(answers)).toEqual([true, true, true])
    expect(await healthCheck.healthy()).toBe(true)
    expect(checks).toHaveLength(1)
    await until(() => {
      void healthCheck.healthy()
      return checks.length === 2
    })
  })

  it('asks after a call that got no answer, and not after one that did', async () => {
    const { healthCheck, checks } = server()
    healthCheck.answered()
    expect(await healthCheck.healthy()).toBe(true)
    expect(checks).toHaveLength(0)
    healthCheck.doubt()
    void healthCheck.healthy()
    expect(checks).toHaveLength(1)
  })

  it('after a failed check fails at once while it checks again; then a successful check counts', async () => {
    const { healthCheck, checks } = server()
    const first = healthCheck.healthy()
    checks[0]?.(false)
    expect(await first).toBe(false)
    expect(await healthCheck.healthy()).toBe(false)
    expect(checks).toHaveLength(2)
    checks[1]?.(true)
    await eventually('it is healthy', () => healthCheck.healthy())
    expect(checks).toHaveLength(2)
  })
})
