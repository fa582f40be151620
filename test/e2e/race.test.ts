/** `race` on a real server: all start at once, the first success wins, and the outcome of the others is recorded. */
import { candidates, FIVE, fiveProviders, spreadMs } from '../helpers/overlap'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const config = (url: string): string =>
  fiveProviders(url, [
    `three: { candidates: ${candidates(3)}, strategy: race }`,
    `five: { candidates: ${candidates(5)}, strategy: race, retry: { maximumAttempts: 1 } }`,
    `again: { candidates: ${candidates(2)}, strategy: race, retry: { maximumAttempts: 3 } }`,
  ])

describe('a race', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const outcomes = (attempts: readonly { target: string; failure?: { class: string } | undefined }[]) =>
    attempts.map(({ target, failure }) => `${target} ${failure?.class ?? 'answered'}`)

  it.each([
    ['three', 3],
    ['five', 5],
  ] as const)(
    'of %s: all are called before the first has answered, the losers are hung up on',
    async (route, count) => {
      const { simulator, holdfast } = stack
      const [winner, ...losers] = [...FIVE.slice(0, count)].reverse()
      for (const loser of losers) simulator.script(loser, [{ fault: 'silent' }])
      simulator.script(winner ?? '', [{ answer: 'first', latency: '800ms' }])
      const { text, target, attempts } = await holdfast.generate({ route, prompt: 'go' })
      expect({ text, target }).toEqual({ text: 'first', target: `${winner}/m` })
      await simulator.waitForCalls(count - 1, { outcome: 'client_aborted' })
      const calls = simulator.calls()
      process.stderr.write(`race of ${count}: all called within ${spreadMs(calls)} ms\n`)
      expect(calls).toHaveLength(count)
      expect(spreadMs(calls)).toBeLessThan(800)
      expect(outcomes(attempts).sort()).toEqual(
        [`${winner}/m answered`, ...losers.map((loser) => `${loser}/m cancelled`)].sort(),
      )
    },
  )

  it('is not over when one is refused, nor when all but one are', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ fault: 'invalid_request' }])
    simulator.script('two', [{ status: 503 }])
    simulator.script('three', [{ status: 404 }])
    simulator.script('four', [{ fault: 'reset' }])
    simulator.script('five', [{ answer: 'the last one', latency: '400ms' }])
    const { text, attempts } = await holdfast.generate({ route: 'five', prompt: 'go' })
    expect(text).toBe('the last one')
    expect(outcomes(attempts).sort()).toEqual([
      'five/m answered',
      'four/m connection',
      'one/m invalid_request',
      'three/m model_not_found',
      'two/m overloaded',
    ])
  })

  it('that all lose is one error with every attempt', async () => {
    const { simulator, holdfast } = stack
    for (const name of FIVE) simulator.script(name, [{ status: 503 }])
    const error = await holdfastError(holdfast.generate({ route: 'three', prompt: 'go' }))
    expect(error).toMatchObject({ kind: 'all_failed', accepted: true, failureClass: 'overloaded' })
    expect(outcomes(error.attempts).sort()).toEqual(
      ['one', 'two', 'three'].flatMap((name) => Array(2).fill(`${name}/m overloaded`)).sort(),
    )
    expect(simulator.calls()).toHaveLength(6)
  })

  it('the record of a loser has the tokens that its stream had reported when it was aborted', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ answer: 'whole and first', latency: '400ms' }])
    // It says how long the prompt is, then nothing.
    simulator.script('two', [
      { words: 50, stall: { after: 0 }, usage: { inputTokens: 321, outputTokens: 50 } },
    ])
    const run = await holdfast.open({ route: 'again', prompt: 'go', stream: true })
    const { attempts } = await run.result()
    expect(outcomes(attempts)).toEqual(['one/m answered', 'two/m cancelled'])
    expect(attempts[1]?.usage?.inputTokens).toBe(321)
  })
})
