/** When a client may run a generation by itself, and how it knows that Temporal is away. */
import { directRunner } from '../src/client/direct'
import { createPulse } from '../src/client/pulse'
import type { DirectRunner } from '../src/contract/direct'
import { HoldfastError } from '../src/contract/errors'
import { until as eventually } from './helpers/processes'
import { until } from './helpers/sockets'

const runner = { run: async () => ({}), delivery: {} } as unknown as DirectRunner
const error = (accepted: boolean | 'unknown', kind: HoldfastError['kind'] = 'unavailable') =>
  new HoldfastError({ kind, message: 'm', accepted, generationId: 'g', retryAt: 5 })
const DIRECT = { runner, mode: 'direct', named: false } as const

describe('directly', () => {
  it('runs what was certainly not accepted', () => {
    expect(directRunner(error(false), DIRECT)).toBe(runner)
  })

  it.each<[string, unknown]>([
    ['may have been accepted', error('unknown')],
    ['was accepted', error(true)],
    ['is wrong', error(false, 'invalid_request')],
    ['is not ours', new Error('m')],
  ])('never runs what %s', (_, given) => {
    expect(() => directRunner(given, DIRECT)).toThrow(given as Error)
  })

  it('never runs where the config does not say so', () => {
    expect(() => directRunner(error(false), { ...DIRECT, mode: 'fail' })).toThrow(/^m$/)
  })

  it.each([
    ['under a key it could run twice', { ...DIRECT, named: true }],
    ['as under holdfast/embedded', { ...DIRECT, runner: undefined }],
  ])('says why it does not: %s', (reason, request) => {
    let thrown: unknown
    try {
      directRunner(error(false), request)
    } catch (caught) {
      thrown = caught
    }
    expect(thrown).toMatchObject({ kind: 'unavailable', accepted: false, generationId: 'g' })
    expect((thrown as HoldfastError).message).toContain(reason)
    expect((thrown as HoldfastError).retryAt?.getTime()).toBe(5)
  })
})

describe('the pulse', () => {
  /** Answers as told: `true` at once, `false` not for ever. */
  const server = () => {
    const asked: ((ok: boolean) => void)[] = []
    const pulse = createPulse(
      () =>
        new Promise((resolve, reject) => {
          asked.push((ok) => (ok ? resolve(ok) : reject(new Error('away'))))
        }),
    )
    return { pulse, asked }
  }

  it('asks once for all who come meanwhile, and not again within 250 ms of an answer', async () => {
    const { pulse, asked } = server()
    const beats = [pulse.beats(), pulse.beats(), pulse.beats()]
    expect(asked).toHaveLength(1)
    asked[0]?.(true)
    expect(await Promise.all(beats)).toEqual([true, true, true])
    expect(await pulse.beats()).toBe(true)
    expect(asked).toHaveLength(1)
    await until(() => {
      void pulse.beats()
      return asked.length === 2
    })
  })

  it('asks after a call that got no answer, and not after one that did', async () => {
    const { pulse, asked } = server()
    pulse.heard()
    expect(await pulse.beats()).toBe(true)
    expect(asked).toHaveLength(0)
    pulse.doubt()
    void pulse.beats()
    expect(asked).toHaveLength(1)
  })

  it('after a no says no at once, while it asks again; a yes then counts', async () => {
    const { pulse, asked } = server()
    const first = pulse.beats()
    asked[0]?.(false)
    expect(await first).toBe(false)
    expect(await pulse.beats()).toBe(false)
    expect(asked).toHaveLength(2)
    asked[1]?.(true)
    await eventually('it beats', () => pulse.beats())
    expect(asked).toHaveLength(2)
  })
})
