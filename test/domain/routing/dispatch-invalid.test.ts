/** D11: a request that one provider calls invalid. */
import { dispatch } from '../../../src/domain/routing/dispatch'
import { beginDispatch, type DispatchPolicy } from '../../../src/domain/routing/dispatch-state'
import { failureOf } from './arbitraries'
import { policyOf, T0 } from './dispatch-script'

const INVALID = failureOf('invalid_request')
const PROVED = failureOf('invalid_request', { proved: true })

/** Candidates at these providers, called one after the other; each fails like this. Which were called? */
function called(providers: string[], failures: (typeof INVALID)[]): number[] {
  const policy: DispatchPolicy = policyOf({
    candidates: providers.map((provider) => ({ provider, facts: {} })),
  })
  const plan = { ready: providers.map((_, index) => index), lastResort: [], blocked: [] }
  let step = dispatch(policy, beginDispatch(), { type: 'planned', plan }, T0)
  const seen: number[] = []
  while (step.action.type === 'attempt') {
    const [candidate = -1] = step.action.candidates
    seen.push(candidate)
    const failure = failures[seen.length - 1] ?? failureOf('overloaded')
    step = dispatch(policy, step.state, { type: 'failed', candidate, failure }, T0 + seen.length)
  }
  return seen
}

it('D11: it goes to the next candidate of another provider, and to none of its own', () => {
  expect(called(['a', 'a', 'b'], [INVALID])).toEqual([0, 2])
})
it('D11: a second provider that says so too proves it', () => {
  expect(called(['a', 'b', 'c'], [INVALID, INVALID])).toEqual([0, 1])
})
it('D11: where the second one fails in another way, the third is called', () => {
  expect(called(['a', 'b', 'c'], [INVALID, failureOf('overloaded')])).toEqual([0, 1, 2])
})
it('D11: one that is proved ends it at once', () => {
  expect(called(['a', 'b'], [PROVED])).toEqual([0])
})
