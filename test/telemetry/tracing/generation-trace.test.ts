import type { GenerationEnd } from '../../../src/contract/generation-end'
import type { AttemptRecord } from '../../../src/domain/routing/attempt'
import { traceGeneration } from '../../../src/telemetry/tracing'
import { recordingTracer } from '../../helpers/recording-tracer'

const attempt = (candidate: number, startedAt: number, rest: Partial<AttemptRecord> = {}): AttemptRecord => ({
  candidate,
  target: `p/${candidate}`,
  number: 1,
  startedAt,
  durationMs: 10,
  ...rest,
})
const overloaded = { failure: { class: 'overloaded' as const, message: 'says the secret prompt' } }

const spanOf = (given: Partial<GenerationEnd>) => {
  const { tracer, ended } = recordingTracer()
  traceGeneration(
    { tracer },
    {
      id: 'g1',
      run: 'r1',
      tenant: null,
      route: 'default',
      task: null,
      acceptedAt: 1_000,
      endedAt: 5_000,
      outcome: 'answered',
      served: 'provider',
      target: 'p/1',
      attempts: [],
      durable: true,
      ...given,
    },
  )
  const [span] = ended()
  if (span === undefined) throw new Error('no span was ended')
  return span
}
const changes = (attempts: AttemptRecord[]) =>
  spanOf({ attempts }).events.map(({ name, attributes }) => [
    name,
    attributes['holdfast.from'],
    attributes['holdfast.to'],
  ])

it('a generation has one span, from when Temporal took it to its end', () => {
  expect(spanOf({})).toMatchObject({ name: 'generation default', startedAt: 1_000, end: { at: 5_000 } })
})

it('a call to another target after a failure is a fallback, one beside a call under way a hedge', () => {
  expect(changes([attempt(0, 0, overloaded), attempt(0, 20, overloaded), attempt(1, 40)])).toEqual([
    ['holdfast.fallback', 'p/0', 'p/1'],
  ])
  expect(changes([attempt(1, 5), attempt(0, 0, { ...overloaded, durationMs: 50 })])).toEqual([
    ['holdfast.hedge', 'p/0', 'p/1'],
  ])
  expect(changes([attempt(0, 0)])).toEqual([])
})

it('an error is named by its kind, and a cancelled one is no error', () => {
  expect(spanOf({ outcome: 'all_failed', served: null, target: null }).end).toMatchObject({
    error: 'all_failed',
  })
  expect(spanOf({ outcome: 'cancelled', served: null, target: null }).end?.error).toBeUndefined()
})

it('nothing that a provider said is in it', () => {
  expect(JSON.stringify(spanOf({ attempts: [attempt(0, 0, overloaded)] }))).not.toContain('secret')
})
