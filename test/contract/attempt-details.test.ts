import fc from 'fast-check'
import { NO_ATTEMPTS, readAttemptDetails } from '../../src/contract/attempt-details'
import { countCalls } from '../../src/domain/routing/attempt'
import { anyFailure, attempt, failureOf } from '../domain/routing/arbitraries'

const GOOD = attempt(1, failureOf('server_error'))

describe('readAttemptDetails', () => {
  it('reads what was sent, through JSON', () => {
    const records = [attempt(1, failureOf('overloaded'), { retryInMs: 5 }), attempt(2)]
    const sent = { records, inFlight: { startedAt: 7 } }
    expect(readAttemptDetails(JSON.parse(JSON.stringify(sent)))).toEqual(sent)
    fc.assert(
      fc.property(fc.array(anyFailure()), (failures) => {
        const all = failures.map((failure, index) => attempt(index + 1, failure))
        expect(readAttemptDetails({ records: all }).records).toEqual(all)
      }),
    )
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['text', 'records'],
    ['a list', [GOOD]],
    ['no records', {}],
    ['records that are no list', { records: { 0: GOOD } }],
    ['a record that is null', { records: [GOOD, null] }],
    ['a record without its start', { records: [{ ...GOOD, startedAt: undefined }] }],
    ['a record whose start is text', { records: [{ ...GOOD, startedAt: '1' }] }],
    ['a record whose start is no number', { records: [{ ...GOOD, startedAt: Number.NaN }] }],
    ['a record without a target', { records: [{ ...GOOD, target: 1 }] }],
    ['a record whose pause is text', { records: [{ ...GOOD, retryInMs: 'soon' }] }],
    ['a failure that is text', { records: [{ ...GOOD, failure: 'server_error' }] }],
    ['a failure that is null', { records: [{ ...GOOD, failure: null }] }],
    [
      'a failure of a class that this build does not know',
      { records: [{ ...GOOD, failure: { class: 'moon' } }] },
    ],
    [
      'a failure named like a field of every object',
      { records: [{ ...GOOD, failure: { class: 'toString' } }] },
    ],
  ])('%s: no attempts', (_what, details) => {
    expect(readAttemptDetails(details)).toEqual(NO_ATTEMPTS)
  })

  it.each([null, 'x', {}, { startedAt: '7' }, { startedAt: null }])(
    'a call in flight that is %j is none, and the records stay',
    (inFlight) => {
      expect(readAttemptDetails({ records: [GOOD], inFlight })).toEqual({ records: [GOOD] })
    },
  )

  it('never throws, and what it gives can be counted', () => {
    const broken = fc.record({ records: fc.array(fc.anything()), inFlight: fc.anything() })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), broken), (details) => {
        const { records, inFlight } = readAttemptDetails(details)
        expect(countCalls(records)).toBeLessThanOrEqual(records.length)
        if (inFlight !== undefined) expect(Number.isFinite(inFlight.startedAt)).toBe(true)
      }),
    )
  })
})
