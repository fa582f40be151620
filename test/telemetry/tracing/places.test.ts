import { attemptSpanId, generationPlace, generationStart } from '../../../src/telemetry/tracing/places'
import { recordingTracer } from '../../helpers/recording-tracer'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const trace = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }
const OWN = { id: 'g1', run: 'r1' }
const { tracer } = recordingTracer()

// PLACES-1
it('the ids of a generation follow from its id and its run', () => {
  const { ids } = generationStart(tracer, { ...OWN, trace })
  expect(ids.spanId).toMatch(/^[0-9a-f]{16}$/)
  expect(generationStart(tracer, { ...OWN, trace }).ids).toEqual(ids)
  expect(generationPlace(tracer, { ...OWN, trace })).toMatchObject(ids)
  for (const other of [
    { id: 'g1', run: 'r2' },
    { id: 'g1r', run: '1' },
    { id: 'g', run: '1r1' },
  ])
    expect(generationStart(tracer, { ...other, trace }).ids.spanId).not.toBe(ids.spanId)
})

it("its trace is its caller's, and its parent the caller's span", () => {
  const { parent, ids } = generationStart(tracer, { ...OWN, trace })
  expect(ids.traceId).toBe(TRACE)
  expect(parent).toMatchObject({ traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true })
})

// PLACES-2
it('without a trace of its caller, or with a broken one, it begins one by the same rule', () => {
  const { parent, ids } = generationStart(tracer, OWN)
  expect(parent).toBeNull()
  expect(ids.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(generationStart(tracer, { ...OWN, trace: { traceparent: 'broken' } })).toEqual({ parent, ids })
})

it('a trace that does not record is none for its attempts either', () => {
  const unsampled = { traceparent: `00-${TRACE}-b7ad6b7169203331-00` }
  expect(generationPlace(tracer, { ...OWN, trace: unsampled }).sampled).toBe(false)
})

it('a tracer that makes its own ids has a generation beside its attempts, in one trace', () => {
  const own = recordingTracer(false)
  expect(generationPlace(own.tracer, { ...OWN, trace })).toEqual(
    generationStart(own.tracer, { ...OWN, trace }).parent,
  )
  const { parent } = generationStart(own.tracer, OWN)
  expect(generationPlace(own.tracer, OWN)).toEqual(parent)
  expect(own.ended()).toEqual([])
})

it('each attempt has an id of its own', () => {
  const ids = [1, 2, 11].flatMap((sequence) =>
    [1, 2, 11].map((attempt) => attemptSpanId({ ...OWN, sequence, attempt })),
  )
  expect(new Set(ids).size).toBe(9)
})
