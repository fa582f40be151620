import { contextOf, placeOf } from '../../src/contract/trace-context'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('a traceparent', () => {
  it('names a trace, a span and whether it records', () => {
    expect(placeOf(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true })
    expect(placeOf(`00-${TRACE}-${SPAN}-00`)).toMatchObject({ sampled: false })
  })

  it('of a later version may have more behind its flags', () => {
    expect(placeOf(`cc-${TRACE}-${SPAN}-01-what-will-come`)).toMatchObject({ traceId: TRACE })
    expect(placeOf(`00-${TRACE}-${SPAN}-01-what-will-come`)).toBeNull()
  })

  it('other flags than the sampled one are not looked at', () => {
    expect(placeOf(`00-${TRACE}-${SPAN}-03`)).toMatchObject({ sampled: true })
    expect(placeOf(`00-${TRACE}-${SPAN}-02`)).toMatchObject({ sampled: false })
  })

  // TRACE-CONTEXT-1
  it.each([
    ['no header', undefined],
    ['several headers', [`00-${TRACE}-${SPAN}-01`]],
    ['an empty one', ''],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['too short ids', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a header of a megabyte', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(1_000_000)}`],
    ['words', 'Say hello'],
  ])('%s names no place', (_, given) => {
    expect(placeOf(given)).toBeNull()
  })

  it('is read back as it was written', () => {
    const place = { traceId: TRACE, spanId: SPAN, sampled: true, tracestate: 'rojo=00f067aa0ba902b7' }
    const { traceparent, tracestate } = contextOf(place)
    expect(placeOf(traceparent, tracestate)).toEqual(place)
  })

  it('goes on without a tracestate that no header may hold, or that is too long', () => {
    for (const state of ['a=1\r\nx-api-key: mine', 'ä=1', 'x'.repeat(513), 7])
      expect(placeOf(`00-${TRACE}-${SPAN}-01`, state)).toEqual({
        traceId: TRACE,
        spanId: SPAN,
        sampled: true,
      })
  })
})
