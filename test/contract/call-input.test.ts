/** A call that another build has scheduled. */
import { readCallInput } from '../../src/contract/call-input'
import type { CallProviderInput, EarlierCallInput } from '../../src/contract/generation'

const COMMON = { generationId: 'g', candidateIndex: 1 } as Omit<CallProviderInput, 'stream' | 'streaming'>

it('in the form of builds before 0.1.0 is read as one of today', () => {
  const earlier: EarlierCallInput = {
    ...COMMON,
    stream: true,
    place: { log: 'run-1', order: 3, alone: false },
  }
  expect(readCallInput(earlier)).toEqual({
    ...COMMON,
    streaming: true,
    stream: { logId: 'run-1', sequence: 3, exclusive: false },
  })
})

it('in that form and without a place publishes nothing', () => {
  expect(readCallInput({ ...COMMON, stream: false })).toEqual({ ...COMMON, streaming: false })
})

it.each([
  [{ streaming: true, stream: { logId: 'run-1', sequence: 1, exclusive: true } }],
  [{ streaming: false }],
])('of today is left as it is: %j', (own) => {
  const given: CallProviderInput = { ...COMMON, ...own }
  expect(readCallInput(given)).toBe(given)
})
